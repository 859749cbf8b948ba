// One trip with everything behind it: its plan, track, alarms, photos, messages and timeline. Loaded once, then kept true by the
// live stream: an event about the trip reads again what may have changed, a position moves the seal and lengthens the track.
import { api, readAll, settle, type Api } from '../api/client';
import type { Problem } from '../api/problem';
import { hear } from '../live/live.svelte';
import { fixesOf, withFix, type TrackFix } from '../view/track';
import { gather } from './again';
import { Listing } from './listing.svelte';
import { moved } from './office.svelte';

/** Lines of the timeline in a page. */
const LINES = 50;
/** The largest page the server gives. */
const PAGE = 200;

/** A trip, followed as long as it is open. */
export class TripFile {
  #trip = $state.raw<Api['Trip'] | null>(null);
  #problem = $state.raw<Problem | null>(null);
  #plan = $state.raw<Api['RoutePlan'] | null>(null);
  #track = $state.raw<readonly TrackFix[] | null>(null);
  readonly id: number;
  readonly timeline: Listing<Api['TimelineLine']>;
  readonly alarms: Listing<Api['Alarm']>;
  readonly photos: Listing<Api['Photo']>;
  readonly messages: Listing<Api['Message']>;

  constructor(id: number) {
    this.id = id;
    const path = { path: { id } };
    const page = (cursor: string | undefined, limit = PAGE) => ({ limit, ...(cursor ? { cursor } : {}) });
    this.timeline = new Listing((cursor) =>
      settle(api.GET('/trips/{id}/timeline', { params: { ...path, query: page(cursor, LINES) } })),
    );
    this.photos = new Listing((cursor) =>
      settle(api.GET('/trips/{id}/photos', { params: { ...path, query: page(cursor) } })),
    );
    this.messages = new Listing((cursor) =>
      settle(api.GET('/trips/{id}/messages', { params: { ...path, query: page(cursor) } })),
    );
    this.alarms = new Listing((cursor) => readAlarms(id, cursor));
  }

  get trip(): Api['Trip'] | null {
    return this.#trip;
  }

  /** Why the trip could not be loaded. */
  get problem(): Problem | null {
    return this.#problem;
  }

  /** The route's plan, once there is one. */
  get plan(): Api['RoutePlan'] | null {
    return this.#plan;
  }

  /** The fixes in the order they happened; nothing until they were read. */
  get track(): readonly TrackFix[] | null {
    return this.#track;
  }

  /** Loads everything and follows it; the answer stops that. Fits an `$effect`. */
  follow(): () => void {
    void this.load();
    const again = gather(() => void this.again());
    return hear({
      events: (happened) => {
        if (happened.some((event) => event.trip === this.id)) again('trip');
      },
      positions: (items) => items.filter((item) => item.trip === this.id).forEach((item) => this.#move(item)),
      reset: () => void this.load(),
    });
  }

  /** Loads everything afresh. */
  async load(): Promise<void> {
    this.#problem = null;
    await Promise.all([
      this.#readTrip(),
      this.#readTrack(),
      this.timeline.load(),
      this.alarms.load(),
      this.photos.load(),
      this.messages.load(),
    ]);
  }

  /** Reads again what an event about the trip may have changed. */
  async again(): Promise<void> {
    await Promise.all([
      this.#readTrip(),
      this.timeline.again(),
      this.alarms.again(),
      this.photos.again(),
      this.messages.again(),
    ]);
  }

  async #readTrip(): Promise<void> {
    const answer = await settle(api.GET('/trips/{id}', { params: { path: { id: this.id } } }));
    if (!answer.ok) {
      if (this.#trip === null) this.#problem = answer.problem;
      return;
    }
    const before = this.#trip?.route?.id;
    [this.#trip, this.#problem] = [answer.data, null];
    const route = answer.data.route?.id;
    if (route !== undefined && (route !== before || this.#plan === null)) await this.#readPlan(route);
  }

  async #readPlan(route: number): Promise<void> {
    const answer = await settle(api.GET('/routes/{id}', { params: { path: { id: route } } }));
    if (answer.ok) this.#plan = answer.data.plan;
  }

  async #readTrack(): Promise<void> {
    const request = api.GET('/trips/{id}/track.geojson', { params: { path: { id: this.id } } });
    const answer = await settle<unknown>(request);
    if (answer.ok) this.#track = fixesOf(answer.data);
    else if (this.#track === null) this.#track = [];
  }

  #move(item: Api['LivePosition']): void {
    if (this.#trip) this.#trip = { ...this.#trip, last: moved(this.#trip.last, item) };
    this.#track = withFix(this.#track ?? [], {
      at_ms: Date.parse(item.at),
      place: [item.lon, item.lat],
      judges: true,
      late: false,
      outside_m: null,
      progress_m: null,
      speed_kmh: item.speed_kmh ?? null,
    });
  }
}

/** A trip's alarms, open and closed, as one list. */
async function readAlarms(trip: number, cursor: string | undefined) {
  const read = (stage: string) =>
    readAll((next) =>
      settle(
        api.GET('/alarms', { params: { query: { trip, stage, limit: PAGE, ...(next ? { cursor: next } : {}) } } }),
      ),
    );
  if (cursor !== undefined) return { ok: true as const, data: { items: [] } };
  const [open, closed] = await Promise.all([read('open'), read('closed')]);
  if (!open.ok) return open;
  return { ok: true as const, data: { items: [...open.data, ...(closed.ok ? closed.data : [])] } };
}
