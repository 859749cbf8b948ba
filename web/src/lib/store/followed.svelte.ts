// One trip, loaded and kept true by the live stream. Where the network is gone, the copy of the last reading is shown with
// its age; where the stream is broken, it is read again by the clock.
import { api, settle, type Api } from '../api/client';
import type { Problem } from '../api/problem';
import { ms } from '../api/view';
import { connection, hear, setLiveView } from '../live/live.svelte';
import { hearStored, keepCopy, keptCopy } from '../phone/outbox.svelte';
import { gather } from './again';
import { moved } from './office.svelte';

/** Without a live stream a trip is read again this often. */
const WITHOUT_STREAM_MS = 15_000;
/** Half the width of the view in which the seal's own positions are asked for, in degrees: about eleven kilometres. */
const AROUND_DEG = 0.1;

/** A trip that is followed as long as a screen shows it. */
export class Followed {
  #trip = $state.raw<Api['Trip'] | null>(null);
  #problem = $state.raw<Problem | null>(null);
  #copy_of_ms = $state<number | null>(null);
  readonly id: number;

  constructor(id: number) {
    this.id = id;
  }

  get trip(): Api['Trip'] | null {
    return this.#trip;
  }

  get loading(): boolean {
    return this.#trip === null && this.#problem === null;
  }

  /** Why nothing can be shown. */
  get problem(): Problem | null {
    return this.#trip === null ? this.#problem : null;
  }

  /** When the copy that is shown was read; nothing while it is the server's own word. */
  get copy_of_ms(): number | null {
    return this.#copy_of_ms;
  }

  /** Loads and follows; the answer stops that. Fits an `$effect`. */
  follow(): () => void {
    void this.load();
    const again = gather(() => void this.load());
    const quiet = hear({
      events: (happened) => happened.some((event) => event.trip === this.id) && again('trip'),
      positions: (items) => items.filter((item) => item.trip === this.id).forEach((item) => this.#move(item)),
      reset: () => again('trip'),
    });
    const silent = hearStored((work) => work.trip === this.id && again('trip'));
    const timer = setInterval(() => connection() !== 'on' && again('trip'), WITHOUT_STREAM_MS);
    return () => {
      quiet();
      silent();
      clearInterval(timer);
      setLiveView(null);
    };
  }

  /** Reads it again. What is shown stays where that fails. */
  async load(): Promise<void> {
    const answer = await settle(api.GET('/trips/{id}', { params: { path: { id: this.id } } }));
    if (answer.ok) {
      [this.#trip, this.#problem, this.#copy_of_ms] = [answer.data, null, null];
      this.#lookAround();
      return keepCopy(`trip ${this.id}`, answer.data);
    }
    this.#problem = answer.problem;
    if (answer.problem.status !== 0 && answer.problem.status < 500) this.#trip = null;
    else await this.#showCopy();
  }

  async #showCopy(): Promise<void> {
    const kept = await keptCopy<Api['Trip']>(`trip ${this.id}`);
    if (kept) [this.#trip, this.#copy_of_ms] = [this.#trip ?? kept.value, kept.read_ms];
  }

  #lookAround(): void {
    const at = this.#trip?.last?.fix?.position;
    if (at) setLiveView([at.lon - AROUND_DEG, at.lat - AROUND_DEG, at.lon + AROUND_DEG, at.lat + AROUND_DEG]);
  }

  #move(item: Api['LivePosition']): void {
    if (this.#trip) this.#trip = { ...this.#trip, last: moved(this.#trip.last, item) };
  }
}

/** The running clock of a kind; nothing where it does not run. */
export function runningClock(trip: Api['Trip'], clock: Api['Clock']): { started_ms: number; due_ms: number } | null {
  const run = trip.clocks.find(
    (each) => each.clock === clock && (each.state === 'running' || each.state === 'breached'),
  );
  return run ? { started_ms: ms(run.started), due_ms: ms(run.due) } : null;
}

/** What stands against a step, as the server says it; nothing where it may be asked for. */
export function against(trip: Api['Trip'], command: string): Api['RefusalView'] | null {
  const step = trip.next_steps.find((each) => each.command === command);
  return step && !step.allowed ? (step.refusal ?? null) : null;
}

/** Whether a step may be asked for now. */
export function allows(trip: Api['Trip'], command: string): boolean {
  return trip.next_steps.some((each) => each.command === command && each.allowed);
}
