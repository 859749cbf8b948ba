// What the screens show, in the shape they show it: times as numbers, nothing missing that is needed, nothing else.
// The API's answers become these at the border (lib/api), so that a screen never meets a raw answer.
import type { Place } from '../geo/geo';
import type { DrawnArea } from '../map/areas';
import type { Severity } from '../ui/severity';

/** A sentence the server said in both languages. */
export type Bilingual = { readonly id: string; readonly en: string };

/** The stages of the work list. */
export const STAGES = ['expected', 'sealing', 'under_way', 'arriving', 'problem'] as const;
/** One of them, or over. */
export type Stage = (typeof STAGES)[number] | 'done';

/** A running limit somebody must keep. */
export type Due = { readonly kind: string; readonly started_ms: number; readonly due_ms: number };

/** An alarm in the queue. */
export type AlarmView = {
  readonly id: string;
  readonly code: string;
  readonly severity: Severity;
  readonly stage: 'raised' | 'acknowledged' | 'investigating' | 'closed';
  readonly trip: string | null;
  readonly container: string | null;
  readonly seal_label: string | null;
  readonly why: Bilingual;
  readonly at_ms: number;
  readonly raised_ms: number;
  readonly place: Place | null;
  readonly known_late: boolean;
  readonly unsupported: boolean;
  readonly recovered: boolean;
  readonly due: Due | null;
};

/** A running clock of the SOP. */
export type ObligationView = {
  readonly id: string;
  readonly clock: string;
  readonly trip: string;
  readonly container: string;
  readonly started_ms: number;
  readonly due_ms: number;
};

/** A trip in a list or on the map. */
export type TripView = {
  readonly id: string;
  readonly container: string;
  readonly seal: string | null;
  readonly seal_label: string | null;
  readonly plate: string | null;
  readonly from: string;
  readonly to: string;
  readonly state: string;
  readonly stage: Stage;
  readonly mode: 'sealed' | 'cargo_tracker';
  readonly route: string | null;
  readonly place: Place | null;
  readonly at_ms: number | null;
  readonly speed_kmh: number | null;
  readonly course_deg: number | null;
  readonly battery_percent: number | null;
  readonly locked: boolean | null;
  readonly progress: number | null;
  readonly interval_s: number | null;
  readonly worst: Severity | null;
};

/** The plan of a trip, for the map. */
export type PlanView = {
  readonly trip: string;
  readonly line: readonly Place[];
  readonly half_widths_m: readonly number[];
  readonly areas: readonly DrawnArea[];
};

/** When a position has become stale: three missed reports, and never sooner than two minutes. */
export function staleAfterS(trip: Pick<TripView, 'interval_s'>): number {
  return Math.max(120, 3 * (trip.interval_s ?? 60));
}
