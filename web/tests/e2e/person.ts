// A person at a screen. After coming in they only touch, type and choose; what the page then asks of the server is logged
// with who began it, so that a story can show that nothing was asked behind the page's back.
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { fill, type Catalogue, type Key } from '../../src/lib/i18n/catalogue';
import { english } from '../../src/lib/i18n/en';
import { indonesian } from '../../src/lib/i18n/id';
import type { Language } from '../../src/lib/i18n/language.svelte';
import type { Place } from './seal';

/** A monitor, and the narrowest phone. */
export const DESK = { width: 1440, height: 900 } as const;
export const PHONE = { width: 360, height: 740 } as const;

/** How somebody likes their screens. */
export type Look = { readonly language: Language; readonly theme: 'light' | 'dark' };
/** A change that was asked of the server, and the script that asked. */
export type Asked = { readonly method: string; readonly path: string; readonly by: string };
/** Something that changes nothing is no act. */
const READS = new Set(['GET', 'HEAD', 'OPTIONS']);
/** One step of one person. A machine with two cores, a debug build and a map drawn without a graphics card are slow. */
const PATIENCE_MS = 30_000;

const CATALOGUES: Readonly<Record<Language, Catalogue>> = { id: indonesian, en: english };

export class Person {
  readonly page: Page;
  readonly asked: Asked[] = [];
  readonly errors: string[] = [];
  readonly #look: Look;
  readonly #origin: string;

  private constructor(page: Page, look: Look, origin: string) {
    this.page = page;
    this.#look = look;
    this.#origin = origin;
    page.on('pageerror', (error) => this.errors.push(String(error)));
  }

  /** Sits down before a screen of a size, at a place on earth. */
  static async sitDown(browser: Browser, origin: string, look: Look, size: typeof DESK | typeof PHONE, at: Place) {
    const context = await browser.newContext({
      viewport: size,
      hasTouch: size === PHONE,
      isMobile: size === PHONE,
      geolocation: { latitude: at.lat, longitude: at.lon },
      permissions: ['geolocation'],
      timezoneId: 'Asia/Jakarta',
      colorScheme: look.theme,
    });
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    const person = new Person(page, look, origin);
    await person.#keepLog(context);
    return person;
  }

  /** Says a sentence in this person's language. */
  say(key: Key, values: Readonly<Record<string, string | number>> = {}): string {
    return fill(CATALOGUES[this.#look.language][key], values);
  }

  /** Comes in by an invitation. From here on this person only touches the page. */
  async join(code: string, name: string): Promise<this> {
    await this.page.goto(`${this.#origin}/undangan`);
    if (this.#look.language === 'en') await this.switchTo('language.label', 'EN');
    if (this.#look.theme === 'dark') await this.page.getByTitle(this.say('theme.dark'), { exact: true }).click();
    await this.type('join.code', code);
    await this.type('join.name', name);
    await this.type('signin.name', name.toLowerCase().replaceAll(/[^a-z]+/g, '.'));
    await this.type('signin.password', `sandi ${name} 2026`);
    await this.press('join.go');
    // Inside, every screen has one's own name in its corner; a technician's phone has no menu.
    await this.page.locator('header .me').waitFor();
    return this;
  }

  /** Opens a screen from the menu. */
  async open(item: Key): Promise<void> {
    const menu = this.page.getByRole('navigation', { name: this.say('nav.label') });
    await menu
      .getByRole('listitem')
      .getByRole('link', { name: this.say(item), exact: true })
      .click();
  }

  button(key: Key, within: Page | Locator = this.page): Locator {
    return within.getByRole('button', { name: this.say(key), exact: true });
  }

  async press(key: Key, within: Page | Locator = this.page): Promise<void> {
    await this.button(key, within).click();
  }

  field(key: Key, within: Page | Locator = this.page, values = {}): Locator {
    return within.getByLabel(this.say(key, values));
  }

  async type(key: Key, text: string, within: Page | Locator = this.page): Promise<void> {
    await this.field(key, within).first().fill(text);
  }

  /** Chooses from a list that opens. */
  async choose(key: Key, option: string | { label: string }, within: Page | Locator = this.page): Promise<void> {
    await this.field(key, within).selectOption(option);
  }

  /** Chooses one of a few that are all in sight. */
  async switchTo(legend: Key, choice: string): Promise<void> {
    await this.page
      .getByRole('group', { name: this.say(legend) })
      .getByText(choice, { exact: true })
      .click();
  }

  tab(key: Key): Locator {
    return this.page.getByRole('tab', { name: this.say(key) });
  }

  /** The dialog that is open. */
  dialog(): Locator {
    return this.page.locator('dialog[open]');
  }

  /** Follows the line of a list that speaks of something. */
  async follow(text: string | RegExp, within: Page | Locator = this.page): Promise<void> {
    await within.getByRole('link').filter({ hasText: text }).first().click();
  }

  /** Touches something that opens the file picker, or on a phone the camera. */
  async pick(touched: Locator, file: { name: string; mimeType: string; buffer: Buffer }): Promise<void> {
    const [picker] = await Promise.all([this.page.waitForEvent('filechooser'), touched.click()]);
    await picker.setFiles(file);
  }

  async see(what: Key | { text: string | RegExp }, values: Readonly<Record<string, string | number>> = {}) {
    const text = typeof what === 'string' ? this.say(what, values) : what.text;
    await this.page.getByText(text).filter({ visible: true }).first().waitFor();
  }

  /** Changes that something other than the scripts of this page asked for. */
  strange(): readonly Asked[] {
    return this.asked.filter((each) => !each.by.startsWith(`${this.#origin}/assets/`));
  }

  /** The browser itself says which script began a request; a test that called the server would not be among them. */
  async #keepLog(context: BrowserContext): Promise<void> {
    const tools = await context.newCDPSession(this.page);
    await tools.send('Network.enable');
    tools.on('Network.requestWillBeSent', ({ request, initiator }) => {
      if (READS.has(request.method)) return;
      const by = initiator.stack?.callFrames[0]?.url ?? initiator.stack?.parent?.callFrames[0]?.url ?? initiator.type;
      this.asked.push({ method: request.method, path: new URL(request.url).pathname, by });
    });
  }
}
