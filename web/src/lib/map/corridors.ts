// Corridors: the strip each trip may use, with the planned line in it. They lie quietly under everything that moves.
import { strip, type Place } from '../geo/geo';
import type { Part } from './part';

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

export const corridors: Part<readonly DrawnCorridor[]> = {
  id: 'corridors',
  features: (list) => ({
    type: 'FeatureCollection',
    features: list.flatMap(({ trip, line, half_widths_m, chosen }) => {
      const width = (segment: number) => half_widths_m[segment] ?? half_widths_m.at(-1) ?? DEFAULT_HALF_WIDTH_M;
      const rings = strip(line, width).map((ring) => [ring.map(([x, y]) => [x, y])]);
      return [
        {
          type: 'Feature',
          properties: { trip, chosen, what: 'strip' },
          geometry: { type: 'MultiPolygon', coordinates: rings },
        },
        {
          type: 'Feature',
          properties: { trip, chosen, what: 'line' },
          geometry: { type: 'LineString', coordinates: line.map(([x, y]) => [x, y]) },
        },
      ] as const;
    }),
  }),
  layers: (palette) => [
    {
      id: 'corridors-strip',
      type: 'fill',
      source: 'corridors',
      filter: ['==', ['get', 'what'], 'strip'],
      paint: {
        'fill-color': palette.corridor,
        // Rings of one corridor overlap at its elbows; without anti-aliasing the overlap leaves no seams.
        'fill-antialias': false,
        'fill-opacity': ['case', ['get', 'chosen'], 0.26, 0.12],
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
