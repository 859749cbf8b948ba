// A list of the server's, read page by page and kept true: what is shown is read again, quietly, when the live stream says
// that it has changed.
import type { Api } from '../api/client';
import type { Answer, Problem } from '../api/problem';
import { hear } from '../live/live.svelte';
import { gather } from './again';

/** A page as every list of the API has it. */
export type Page<Item> = { items: Item[]; next?: string | null };
/** Reads one page. */
export type ReadPage<Item> = (cursor: string | undefined) => Promise<Answer<Page<Item>>>;

/** How many pages are read again when something has changed; what lies beyond is read when it is asked for. */
const MOST_PAGES_AGAIN = 4;

/** A list that grows by "more". */
export class Listing<Item> {
  #items = $state.raw<readonly Item[]>([]);
  #next = $state<string | null>(null);
  #problem = $state.raw<Problem | null>(null);
  #loaded = $state(false);
  #busy = $state(false);
  #pages = 1;
  /** Only the newest reading counts: a slow answer must not overwrite a later one. */
  #turn = 0;
  readonly #read: ReadPage<Item>;

  constructor(read: ReadPage<Item>) {
    this.#read = read;
  }

  get items(): readonly Item[] {
    return this.#items;
  }

  /** Nothing was loaded yet. */
  get loading(): boolean {
    return !this.#loaded && this.#problem === null;
  }

  /** Why nothing could be loaded. */
  get problem(): Problem | null {
    return this.#problem;
  }

  /** There is more on the server. */
  get has_more(): boolean {
    return this.#next !== null;
  }

  /** More is on its way. */
  get busy(): boolean {
    return this.#busy;
  }

  /** Reads the first page; what was shown goes. */
  async load(): Promise<void> {
    this.#pages = 1;
    this.#loaded = false;
    await this.again();
  }

  /** Reads what is shown again. Where that fails and something is shown, it stays. */
  async again(): Promise<void> {
    const turn = ++this.#turn;
    const items: Item[] = [];
    let next: string | null = null;
    for (let page = 0; page < Math.min(this.#pages, MOST_PAGES_AGAIN); page += 1) {
      const answer = await this.#read(next ?? undefined);
      if (turn !== this.#turn) return;
      if (!answer.ok) return void (this.#problem = this.#loaded ? null : answer.problem);
      items.push(...answer.data.items);
      next = answer.data.next ?? null;
      if (next === null) break;
    }
    [this.#items, this.#next, this.#problem, this.#loaded] = [items, next, null, true];
  }

  /** Reads the next page. */
  async more(): Promise<void> {
    if (this.#next === null || this.#busy) return;
    this.#busy = true;
    const turn = ++this.#turn;
    const answer = await this.#read(this.#next);
    this.#busy = false;
    if (!answer.ok || turn !== this.#turn) return;
    this.#items = [...this.#items, ...answer.data.items];
    this.#next = answer.data.next ?? null;
    this.#pages += 1;
  }

  /** Loads and follows; the answer stops that. Fits an `$effect`. */
  follow(concerns: (event: Api['LiveEvent']) => boolean): () => void {
    void this.load();
    const again = gather(() => void this.again());
    return hear({
      events: (happened) => {
        if (happened.some(concerns)) again('list');
      },
      reset: () => void this.again(),
    });
  }
}
