// What the command centre watches: the trips that are not over, their plans, and the alarms that are not closed.
// Loaded once, then kept true by the live stream: an event names what changed, and only that is read again.
import { api, readAll, settle, type Api } from '../api/client';
import type { Problem } from '../api/problem';
import { alarmView, obligationsOf, planView, tripView } from '../api/view';
import { hear } from '../live/live.svelte';
import { STAGES, type AlarmView, type ObligationView, type PlanView, type TripView } from '../view/view';
import { gather } from './again';

/** The largest page the server gives. */
const PAGE = 200;

/** The office's trips and alarms, followed as long as it is open. */
export class Office {
  #trips = $state.raw<ReadonlyMap<string, Api['TripSummary']>>(new Map());
  #alarms = $state.raw<ReadonlyMap<string, AlarmView>>(new Map());
  #plans = $state.raw<ReadonlyMap<string, Api['RoutePlan']>>(new Map());
  #problem = $state.raw<Problem | null>(null);
  #loaded = $state(false);
  readonly #asked = new Set<string>();

  /** Nothing was loaded yet. */
  get loading(): boolean {
    return !this.#loaded && this.#problem === null;
  }

  /** Why nothing could be loaded. */
  get problem(): Problem | null {
    return this.#problem;
  }

  readonly trips: readonly TripView[] = $derived([...this.#trips.values()].map(tripView));
  readonly alarms: readonly AlarmView[] = $derived([...this.#alarms.values()]);
  readonly obligations: readonly ObligationView[] = $derived([...this.#trips.values()].flatMap(obligationsOf));
  readonly plans: readonly PlanView[] = $derived(
    [...this.#trips.values()].flatMap((trip) => {
      const plan = trip.route && this.#plans.get(String(trip.route.id));
      return plan ? [planView(String(trip.id), plan)] : [];
    }),
  );

  /** Loads everything and follows it; the answer stops that. Fits an `$effect`. */
  follow(): () => void {
    void this.load();
    const trip_again = gather((ids) => void Promise.all(ids.map((id) => this.#readTrip(id))));
    const alarm_again = gather((ids) => void Promise.all(ids.map((id) => this.#readAlarm(id))));
    return hear({
      events: (happened) => {
        for (const event of happened) {
          if (typeof event.trip === 'number') trip_again(String(event.trip));
          if (typeof event.alarm === 'number') alarm_again(String(event.alarm));
        }
      },
      positions: (items) => this.#move(items),
      reset: () => void this.load(),
    });
  }

  /** Loads the world afresh. */
  async load(): Promise<void> {
    const [trips, alarms] = await Promise.all([
      Promise.all(STAGES.map((stage) => readAll((cursor) => listTrips(stage, cursor)))),
      readAll(listAlarms),
    ]);
    const failed = [...trips, alarms].find((answer) => !answer.ok);
    if (failed && !failed.ok) return void (this.#problem = failed.problem);
    const all = trips.flatMap((answer) => (answer.ok ? answer.data : []));
    this.#trips = new Map(all.map((trip) => [String(trip.id), trip]));
    this.#alarms = new Map((alarms.ok ? alarms.data : []).map((alarm) => [String(alarm.id), alarmView(alarm)]));
    [this.#problem, this.#loaded] = [null, true];
    for (const trip of all) void this.#readPlan(trip);
  }

  /** Reads one alarm again, after something was done with it here. */
  async refreshAlarm(id: string): Promise<void> {
    await this.#readAlarm(id);
  }

  async #readTrip(id: string): Promise<void> {
    const answer = await settle(api.GET('/trips/{id}', { params: { path: { id: Number(id) } } }));
    if (!answer.ok) return;
    const trips = new Map(this.#trips);
    if (answer.data.stage === 'finished') trips.delete(id);
    else trips.set(id, answer.data);
    this.#trips = trips;
    void this.#readPlan(answer.data);
  }

  async #readAlarm(id: string): Promise<void> {
    const answer = await settle(api.GET('/alarms/{id}', { params: { path: { id: Number(id) } } }));
    if (!answer.ok) return;
    const alarms = new Map(this.#alarms);
    if (answer.data.stage === 'closed') alarms.delete(id);
    else alarms.set(id, alarmView(answer.data));
    this.#alarms = alarms;
  }

  /** An approved plan never changes, so each is read once. */
  async #readPlan(trip: Api['TripSummary']): Promise<void> {
    const id = trip.route?.id;
    if (id === undefined || this.#asked.has(String(id))) return;
    this.#asked.add(String(id));
    const answer = await settle(api.GET('/routes/{id}', { params: { path: { id } } }));
    if (answer.ok) this.#plans = new Map(this.#plans).set(String(id), answer.data.plan);
    else this.#asked.delete(String(id));
  }

  #move(items: readonly Api['LivePosition'][]): void {
    const trips = new Map(this.#trips);
    for (const item of items) {
      const trip = typeof item.trip === 'number' ? trips.get(String(item.trip)) : undefined;
      if (trip) trips.set(String(trip.id), { ...trip, last: moved(trip.last, item) });
    }
    this.#trips = trips;
  }
}

/** What is known of a seal after it has moved. */
export function moved(last: Api['SealNow'] | null | undefined, item: Api['LivePosition']): Api['SealNow'] {
  return {
    charging: false,
    lock: {},
    ...last,
    seen: item.at,
    sealed: item.sealed ?? last?.sealed ?? null,
    battery_percent: item.battery_percent ?? last?.battery_percent ?? null,
    fix: {
      position: { lat: item.lat, lon: item.lon },
      at: item.at,
      source: 'gnss',
      speed_kmh: item.speed_kmh ?? null,
      course_deg: item.course_deg ?? null,
    },
  };
}

function listTrips(stage: Api['Stage'], cursor: string | undefined) {
  return settle(api.GET('/trips', { params: { query: { stage, limit: PAGE, ...(cursor ? { cursor } : {}) } } }));
}

async function listAlarms(cursor: string | undefined) {
  return settle(api.GET('/alarms', { params: { query: { limit: PAGE, ...(cursor ? { cursor } : {}) } } }));
}
