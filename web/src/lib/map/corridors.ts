// Corridors: the strip each trip may use, with the planned line in it. They lie quietly under everything that moves.
//
// The strip is drawn as a line as wide as the corridor is in metres. It is solid and lies under the roads: the pieces of a
// wide line overlap at every sharp elbow, and overlaps of half-transparent colour show as dark scales.
import type { Feature, LineString } from 'geojson';
import { pixelsPerMetre, type Place } from '../geo/geo';
import type { Part } from './part';

/** The layer of the strips. */
export const STRIP = 'corridors-strip';

/** The corridor of one trip. */
export type DrawnCorridor = {
  readonly trip: string;
  readonly line: readonly Place[];
  /** One for each segment; the last one given stands for the rest. */
  readonly half_widths_m: readonly number[];
  readonly chosen: boolean;
};

/** For a plan that names no width. */
const DEFAULT_HALF_WIDTH_M = 300;
/** A corridor that is thinner than this on the screen would not be seen. */
const LEAST_WIDTH_PX = 5;
const LAST_ZOOM = 20;

/** A part of a line along which the corridor is equally wide. */
export type Run = { readonly half_width_m: number; readonly line: readonly Place[] };

/** Cuts a corridor where its width changes; neighbours share the place of the change. */
export function runs({ line, half_widths_m }: Pick<DrawnCorridor, 'line' | 'half_widths_m'>): Run[] {
  const found: { half_width_m: number; line: Place[] }[] = [];
  line.slice(1).forEach((place, segment) => {
    const half_width_m = half_widths_m[segment] ?? half_widths_m.at(-1) ?? DEFAULT_HALF_WIDTH_M;
    const last = found.at(-1);
    if (last?.half_width_m === half_width_m) last.line.push(place);
    else found.push({ half_width_m, line: [line[segment] ?? place, place] });
  });
  return found;
}

function feature(line: readonly Place[], properties: Record<string, unknown>): Feature<LineString> {
  return { type: 'Feature', properties, geometry: { type: 'LineString', coordinates: line.map(([x, y]) => [x, y]) } };
}

export const corridors: Part<readonly DrawnCorridor[]> = {
  id: 'corridors',
  features: (list) => ({
    type: 'FeatureCollection',
    features: list.flatMap((corridor) => {
      const { trip, line, chosen } = corridor;
      const strips = runs(corridor).map((run) => {
        const width_px = 2 * run.half_width_m * pixelsPerMetre(run.line[0]?.[1] ?? 0);
        return feature(run.line, { trip, chosen, what: 'strip', width_px });
      });
      return [...strips, feature(line, { trip, chosen, what: 'line' })];
    }),
  }),
  layers: (palette) => [
    {
      id: STRIP,
      type: 'line',
      source: 'corridors',
      filter: ['==', ['get', 'what'], 'strip'],
      layout: {
        'line-cap': 'round',
        'line-join': 'round',
        'line-sort-key': ['case', ['get', 'chosen'], 1, 0],
      },
      paint: {
        'line-color': ['case', ['get', 'chosen'], palette.corridor_chosen, palette.corridor],
        'line-width': [
          'interpolate',
          ['exponential', 2],
          ['zoom'],
          8,
          ['max', LEAST_WIDTH_PX, ['*', ['get', 'width_px'], 2 ** 8]],
          LAST_ZOOM,
          ['max', LEAST_WIDTH_PX, ['*', ['get', 'width_px'], 2 ** LAST_ZOOM]],
        ],
      },
    },
    {
      id: 'corridors-line',
      type: 'line',
      source: 'corridors',
      filter: ['==', ['get', 'what'], 'line'],
      layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: {
        'line-color': palette.corridor_edge,
        'line-width': ['case', ['get', 'chosen'], 2.4, 1.4],
        'line-opacity': ['case', ['get', 'chosen'], 0.95, 0.6],
      },
    },
  ],
};
