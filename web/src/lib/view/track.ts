// The track of a trip as the server's GeoJSON says it: fixes in order, which of them judge, which came late, and where nothing was
// heard. Pure, and careful: it is read from a file.
import type { Place } from '../geo/geo';
import type { DrawnFix } from '../map/fixes';
import { stretches, type Stretch } from '../map/trail';

/** A fix of the track. */
export type TrackFix = {
  readonly at_ms: number;
  readonly place: Place;
  /** It may move corridors, areas and openings; others are shown for what they are. */
  readonly judges: boolean;
  /** It came later than it happened: out of a blind area. */
  readonly late: boolean;
  readonly outside_m: number | null;
  readonly progress_m: number | null;
  readonly speed_kmh: number | null;
};

/** A time in which nothing was heard. */
export type Gap = { readonly from_ms: number; readonly until_ms: number };

const LATE: ReadonlySet<unknown> = new Set(['late', 'very_late']);

/** Reads the fixes of a FeatureCollection; what is no fix is left out. */
export function fixesOf(track: unknown): TrackFix[] {
  const features = isRecord(track) && Array.isArray(track['features']) ? track['features'] : [];
  return features.filter(isRecord).flatMap(fixOf);
}

function fixOf(feature: Record<string, unknown>): TrackFix[] {
  const { geometry, properties } = feature;
  if (!isRecord(geometry) || !isRecord(properties) || geometry['type'] !== 'Point') return [];
  const [x, y] = Array.isArray(geometry['coordinates']) ? geometry['coordinates'] : [];
  const at_ms = Date.parse(String(properties['at']));
  if (typeof x !== 'number' || typeof y !== 'number' || Number.isNaN(at_ms)) return [];
  const number = (name: string) => {
    const value = properties[name];
    return typeof value === 'number' ? value : null;
  };
  return [
    {
      at_ms,
      place: [x, y],
      judges: properties['use'] === 'judges',
      late: LATE.has(properties['standing']),
      outside_m: number('outside_m'),
      progress_m: number('progress_m'),
      speed_kmh: number('speed_kmh'),
    },
  ];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** From this length on a silence is a gap: three missed reports, and never less than two minutes. */
export function gapMs(interval_s: number | null): number {
  return Math.max(120, 3 * (interval_s ?? 60)) * 1000;
}

/** The line of the track, cut at its gaps. It goes through no fix of a cell tower. */
export function lineOf(fixes: readonly TrackFix[], interval_s: number | null): Stretch[] {
  return stretches(
    fixes.filter((fix) => fix.judges),
    gapMs(interval_s),
  );
}

/** The gaps of a line, the longest first. */
export function gapsOf(line: readonly Stretch[]): Gap[] {
  return line
    .filter((stretch) => stretch.kind === 'gap')
    .map(({ from_ms, until_ms }) => ({ from_ms, until_ms }))
    .sort((a, b) => b.until_ms - b.from_ms - (a.until_ms - a.from_ms));
}

/** The fixes the map marks one by one: those that came late, and those that cannot judge. */
export function marksOf(fixes: readonly TrackFix[]): DrawnFix[] {
  return fixes
    .filter((fix) => fix.late || !fix.judges)
    .map((fix) => ({ place: fix.place, kind: fix.judges ? 'late' : 'unsure' }));
}

/** Puts a fix that just came at the end; one that is not newer is left out, the next reading of the track has it. */
export function withFix(fixes: readonly TrackFix[], fix: TrackFix): readonly TrackFix[] {
  const last = fixes.at(-1);
  return last && fix.at_ms <= last.at_ms ? fixes : [...fixes, fix];
}
