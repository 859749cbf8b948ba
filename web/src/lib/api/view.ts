// The border between the API's answers and what the screens show. Pure, by hand, each field once.
import { painted } from '../container/number';
import type { Place } from '../geo/geo';
import type { DrawnArea } from '../map/areas';
import type { Line } from '../ui/Timeline.svelte';
import type { AlarmView, Due, ObligationView, PlanView, TripView } from '../view/view';
import type { Api } from './client';

/** A moment as a number; the server writes RFC 3339. */
export function ms(moment: string): number {
  return Date.parse(moment);
}

function place(position: Api['Position'] | null | undefined): Place | null {
  return position ? [position.lon, position.lat] : null;
}

/** A trip as lists and maps show it. */
export function tripView(trip: Api['TripSummary']): TripView {
  const { last } = trip;
  const fix = last?.fix ?? null;
  const distance_m = trip.distance_m ?? 0;
  return {
    id: String(trip.id),
    container: painted(trip.container),
    seal: trip.seal ? String(trip.seal.id) : null,
    seal_label: trip.seal?.name ?? null,
    plate: trip.plate ?? null,
    from: trip.tps_origin,
    to: trip.tps_destination,
    state: trip.state,
    stage: trip.stage === 'finished' ? 'done' : trip.stage,
    mode: trip.mode,
    route: trip.route ? String(trip.route.id) : null,
    place: place(fix?.position),
    at_ms: fix ? ms(fix.at) : null,
    speed_kmh: fix?.speed_kmh ?? null,
    course_deg: fix?.course_deg ?? null,
    battery_percent: last?.battery_percent ?? null,
    locked: last?.sealed ?? null,
    progress: typeof trip.progress_m === 'number' && 0 < distance_m ? Math.min(1, trip.progress_m / distance_m) : null,
    interval_s: null,
    worst: trip.worst ?? null,
  };
}

/** The next limit somebody must keep for an alarm: acknowledge first, then act. */
function nextDue(alarm: Api['Alarm']): Due | null {
  const raised = ms(alarm.raised);
  const due = (kind: string, moment: string | null | undefined): Due | null =>
    moment ? { kind, started_ms: raised, due_ms: ms(moment) } : null;
  if (alarm.stage === 'closed') return null;
  if (alarm.stage === 'raised') return due('acknowledge', alarm.acknowledge_due);
  if (alarm.stage === 'acknowledged') return due('act', alarm.act_due);
  return alarm.escalated ? null : due('escalate', alarm.escalate_due);
}

/** An alarm as the queue shows it. */
export function alarmView(alarm: Api['Alarm']): AlarmView {
  return {
    id: String(alarm.id),
    code: alarm.code,
    severity: alarm.severity,
    stage: alarm.stage,
    trip: typeof alarm.trip === 'number' ? String(alarm.trip) : null,
    container: alarm.container ? painted(alarm.container) : null,
    seal_label: alarm.seal?.name ?? null,
    why: alarm.why,
    at_ms: ms(alarm.at),
    raised_ms: ms(alarm.raised),
    place: place(alarm.place),
    known_late: alarm.known_late,
    unsupported: Boolean(alarm.unsupported),
    recovered: Boolean(alarm.recovered),
    due: nextDue(alarm),
  };
}

/** The running clocks of a trip, as the queue shows them. */
export function obligationsOf(trip: Api['TripSummary']): ObligationView[] {
  return trip.running
    .filter((clock) => clock.state === 'running' || clock.state === 'breached')
    .map((clock) => ({
      id: `${trip.id} ${clock.clock}`,
      clock: clock.clock,
      trip: String(trip.id),
      container: painted(trip.container),
      started_ms: ms(clock.started),
      due_ms: ms(clock.due),
    }));
}

function drawnArea(trip: string, purpose: DrawnArea['purpose'], area: Api['Area'], index: number): DrawnArea {
  const shape =
    area.shape.kind === 'circle'
      ? { centre: [area.shape.centre.lon, area.shape.centre.lat] as const, radius_m: area.shape.radius_m }
      : { ring: area.shape.points.map((point): Place => [point.lon, point.lat]) };
  return { id: `${trip} ${purpose} ${index}`, name: area.name, purpose, shape };
}

/** A trip's plan as the map draws it. */
export function planView(trip: string, plan: Api['RoutePlan']): PlanView {
  return {
    trip,
    line: plan.points.map((point): Place => [point.lon, point.lat]),
    half_widths_m: plan.half_widths_m,
    areas: [
      drawnArea(trip, 'origin', plan.origin, 0),
      drawnArea(trip, 'destination', plan.destination, 0),
      ...(plan.stops ?? []).map((area, index) => drawnArea(trip, 'stop', area, index)),
      ...(plan.forbidden ?? []).map((area, index) => drawnArea(trip, 'forbidden', area, index)),
    ],
  };
}

/** How a kind of event looks in a timeline; what is not named looks plain. */
const LOOKS: readonly (readonly [RegExp, Line['icon'], Line['tone']])[] = [
  [/^alarm_(raised|worsened|escalated)/, 'alarm', 'bad'],
  [/^alarm_/, 'alarm', 'warn'],
  [/^clock_breached/, 'hourglass', 'bad'],
  [/^clock_/, 'clock', 'neutral'],
  [/refused$|rejected$|doubted$/, 'refused', 'bad'],
  [/^seal_closed/, 'seal', 'good'],
  [/^seal_opened/, 'seal_open', 'warn'],
  [/^granted|^grant_|^place_vouched/, 'key', 'info'],
  [/^photo_/, 'camera', 'neutral'],
  [/^message_/, 'messages', 'neutral'],
  [/^order_/, 'signal', 'neutral'],
  [/^document_/, 'document', 'info'],
  [/^route_|^trip_planned/, 'route', 'info'],
  [/^departure_|^trip_moved/, 'truck', 'accent'],
  [/^trip_opened/, 'container', 'info'],
];

/** Later than this after it happened, a line says that it was known late. */
const LATE_AFTER_MS = 60_000;

/** A line of the timeline, ready to be read. */
export function timelineLine(line: Api['TimelineLine'], language: 'id' | 'en', late: string): Line {
  const look = LOOKS.find(([kinds]) => kinds.test(line.kind));
  const is_late = LATE_AFTER_MS < ms(line.known) - ms(line.at);
  return {
    id: `${line.seq} ${line.ordinal}`,
    at: ms(line.at),
    title: line.say[language],
    who: line.actor.person?.name,
    icon: look?.[1] ?? 'info',
    tone: look?.[2] ?? 'neutral',
    late: is_late ? late : undefined,
    has_raw: Boolean(line.links.report),
  };
}
