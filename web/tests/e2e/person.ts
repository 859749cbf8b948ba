// A person at a screen. After coming in they only touch, type and choose; what the page then asks of the server is logged
// with who began it, so that a story can show that nothing was asked behind the page's back.
import type { Browser, BrowserContext, ConsoleMessage, Locator, Page } from 'playwright-core';
import { fill, type Catalogue, type Key } from '../../src/lib/i18n/catalogue';
import { english } from '../../src/lib/i18n/en';
import { indonesian } from '../../src/lib/i18n/id';
import type { Language } from '../../src/lib/i18n/language.svelte';
import type { Inspector } from './inspector';
import type { Place } from './seal';

/** A monitor, and the narrowest phone. */
const SIZES = { desk: { width: 1440, height: 900 }, phone: { width: 360, height: 740 } } as const;
export type Size = keyof typeof SIZES;

/** How somebody likes their screens. */
export type Look = { readonly language: Language; readonly theme: 'light' | 'dark' };
/** Where somebody sits down: before which program, how they like it, and who looks over their shoulder. */
export type Seat = {
  readonly browser: Browser;
  readonly origin: string;
  readonly look: Look;
  readonly inspector: Inspector;
};
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
  readonly #size: Size;
  readonly #seat: Seat;

  private constructor(page: Page, seat: Seat, size: Size) {
    this.page = page;
    this.#seat = seat;
    this.#size = size;
    page.on('pageerror', (error) => this.errors.push(String(error)));
    page.on('console', (line) => {
      if (line.type() === 'error' && !isAnswer(line)) this.errors.push(`${line.text()} (${line.location().url})`);
    });
  }

  /** Sits down before a screen of a size, at a place on earth. */
  static async sitDown(seat: Seat, size: Size, at: Place) {
    const context = await seat.browser.newContext({
      viewport: SIZES[size],
      hasTouch: size === 'phone',
      isMobile: size === 'phone',
      geolocation: { latitude: at.lat, longitude: at.lon },
      permissions: ['geolocation'],
      timezoneId: 'Asia/Jakarta',
      colorScheme: seat.look.theme,
      reducedMotion: 'reduce',
    });
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    const person = new Person(page, seat, size);
    await person.#keepLog(context);
    return person;
  }

  /** Says a sentence in this person's language. */
  say(key: Key, values: Readonly<Record<string, string | number>> = {}): string {
    return fill(CATALOGUES[this.#seat.look.language][key], values);
  }

  /** Comes in by an invitation. From here on this person only touches the page. */
  async join(code: string, name: string): Promise<this> {
    await this.page.goto(`${this.#seat.origin}/undangan`);
    // A page greets in Indonesian; the names of the languages are the same in both.
    if (this.#seat.look.language === 'en') await this.page.getByRole('radio', { name: 'EN', exact: true }).check();
    if (this.#seat.look.theme === 'dark') await this.page.getByTitle(this.say('theme.dark'), { exact: true }).click();
    await this.type('join.code', code);
    await this.type('join.name', name);
    await this.type('signin.name', name.toLowerCase().replaceAll(/[^a-z]+/g, '.'));
    await this.type('signin.password', `sandi ${name} 2026`);
    await this.press('join.go');
    // Inside, every screen has one's own name in its corner; a technician's phone has no menu.
    await this.page.locator('header .me').waitFor();
    return this;
  }

  /** Opens the first page. */
  async goHome(): Promise<void> {
    await this.page.goto(this.#seat.origin);
  }

  /** Signs in, as somebody who has been here before. From here on this person only touches the page. */
  async signIn(login: string, password: string): Promise<void> {
    await this.goHome();
    await this.type('signin.name', login);
    await this.page.locator('input[name="password"]').fill(password);
    await this.press('signin.go');
    await this.page.locator('header .me').waitFor();
  }

  /** Opens a screen from the menu; on a phone some of it stands under "more". */
  async open(item: Key): Promise<void> {
    const menu = this.page.getByRole('navigation', { name: this.say('nav.label') });
    const name = { name: this.say(item), exact: true };
    const link = menu.getByRole('listitem').getByRole('link', name);
    await menu.waitFor();
    if (await link.isVisible()) return link.click();
    await this.press('nav.more', menu);
    await this.dialog().getByRole('link', name).click();
  }

  /** Shows this person's screen to the inspector, under a name. */
  async show(screen: string): Promise<void> {
    await this.#seat.inspector.inspect({ page: this.page, screen, size: this.#size });
  }

  /** Whether the page as it stands keeps within the screen. */
  async measure(screen: string): Promise<void> {
    await this.#seat.inspector.measure({ page: this.page, screen, size: this.#size });
  }

  /** Opens what the menu offers, one after the other, and shows each. */
  async showAll(items: readonly Key[]): Promise<void> {
    for (const item of items) {
      await this.open(item);
      await this.page.locator('main h1').first().waitFor({ state: 'attached' });
      await this.show(item.slice('nav.'.length));
    }
  }

  button(key: Key, within: Page | Locator = this.page): Locator {
    return within.getByRole('button', { name: this.say(key), exact: true });
  }

  async press(key: Key, within: Page | Locator = this.page): Promise<void> {
    await this.button(key, within).click();
  }

  /** What can be filled in: on the page, not in the search above it. */
  field(key: Key, within: Page | Locator = this.page.locator('main'), values = {}): Locator {
    return within.getByLabel(this.say(key, values));
  }

  async type(key: Key, text: string, within: Page | Locator = this.page.locator('main')): Promise<void> {
    await this.field(key, within).first().fill(text);
  }

  /** Chooses from a list that opens. */
  async choose(
    key: Key,
    option: string | { label: string },
    within: Page | Locator = this.page.locator('main'),
  ): Promise<void> {
    await this.field(key, within).selectOption(option);
  }

  /** Chooses one of a few that are all in sight. */
  async switchTo(legend: Key, choice: string): Promise<void> {
    await this.page
      .getByRole('group', { name: this.say(legend) })
      .getByRole('radio', { name: choice, exact: true })
      .check();
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

  /** Touches something that opens the file picker, or on a phone the camera; `meanwhile` happens while it is open. */
  async pick(
    touched: Locator,
    file: { name: string; mimeType: string; buffer: Buffer },
    meanwhile: () => Promise<void> = async () => undefined,
  ): Promise<void> {
    const [picker] = await Promise.all([this.page.waitForEvent('filechooser'), touched.click()]);
    await meanwhile();
    await picker.setFiles(file);
  }

  async see(what: Key | { text: string | RegExp }, values: Readonly<Record<string, string | number>> = {}) {
    const text = typeof what === 'string' ? this.say(what, values) : what.text;
    await this.page.getByText(text).filter({ visible: true }).first().waitFor();
  }

  /** What this person asked to be changed. Telling the server what a map shows changes nothing. */
  decided(): readonly string[] {
    const names = this.asked.map((each) => each.path.split('/').at(-1) ?? '');
    return names.filter((name) => name !== 'viewport');
  }

  /** Changes that something other than the scripts of this page asked for. */
  strange(): readonly Asked[] {
    return this.asked.filter((each) => !each.by.startsWith(`${this.#seat.origin}/assets/`));
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

/** A browser also complains of answers that say no; those are the program's own words, and stand on the screen. */
function isAnswer(line: ConsoleMessage): boolean {
  return /status of 4\d\d/.test(line.text()) && line.location().url.includes('/api/v1/');
}
