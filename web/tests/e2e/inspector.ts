// What each screen is looked at for, once in each size: nothing runs over its side, a screen reader and weak eyes find
// their way (axe), and, where SEGEL_E2E_PICTURES names a folder, a picture is taken for the documents.
import { mkdir } from 'node:fs/promises';
import axe, { type AxeResults, type NodeResult } from 'axe-core';
import type { Page } from 'playwright-core';

/** What axe calls these shuts somebody out. */
const GRAVE = new Set(['serious', 'critical']);
/** The map is a picture of what stands in the lists beside it. */
const AXE = "axe.run({ exclude: ['.maplibregl-map'] }, { resultTypes: ['violations'], preload: false })";

/** A screen as it stands before somebody. */
export type Seen = { readonly page: Page; readonly screen: string; readonly size: 'desk' | 'phone' };

export class Inspector {
  /** What was found wrong, in words. */
  readonly findings: string[] = [];
  readonly #look: string;
  readonly #done = new Set<string>();

  /** The look is part of a picture's name. */
  constructor(look: string) {
    this.#look = look;
  }

  /** Looks at a screen; the second time in the same size only its width is measured. */
  async inspect({ page, screen, size }: Seen): Promise<void> {
    // What is still coming is no screen yet.
    await page.waitForFunction(
      () =>
        document.querySelector('h1') !== null &&
        document.querySelector('main [role="status"] .line, main .map[aria-busy="true"]') === null,
    );
    await this.measure({ page, screen, size });
    const name = `${screen}-${size}`;
    if (this.#done.has(name)) return;
    this.#done.add(name);
    await this.#listen(page, name);
    await this.#picture(page, name);
  }

  /** A page that must be pushed sideways hides something at its right. */
  async measure({ page, screen, size }: Seen): Promise<void> {
    const wide_px = await page.evaluate(() => document.documentElement.scrollWidth);
    const room_px = page.viewportSize()?.width ?? 0;
    if (room_px < wide_px) this.findings.push(`${screen}-${size}: ${wide_px} px wide on a screen of ${room_px}`);
  }

  async #listen(page: Page, name: string): Promise<void> {
    await page.evaluate(axe.source);
    const { violations } = (await page.evaluate(AXE)) as AxeResults;
    for (const { id, nodes } of violations.filter((each) => GRAVE.has(each.impact ?? ''))) {
      for (const node of nodes) this.#note(name, id, node);
    }
  }

  /** The frame of the page stands on every screen; what is wrong with it is said once. */
  #note(name: string, rule: string, { target, failureSummary = '' }: NodeResult): void {
    const where = `${rule} at ${target.join(' ')}`;
    if (this.findings.some((each) => each.includes(where))) return;
    this.findings.push(`${name}: ${where}: ${failureSummary.split('\n')[1]?.trim() ?? ''}`);
  }

  async #picture(page: Page, name: string): Promise<void> {
    const folder = process.env['SEGEL_E2E_PICTURES'];
    if (!folder) return;
    await mkdir(folder, { recursive: true });
    await page.screenshot({ path: `${folder}/${name}-${this.#look}.png` });
  }
}
