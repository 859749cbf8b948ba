// Single fixes that need a word: those that came late out of a blind area, and those too unsure to judge anything by.
// Both are hollow, so that nobody takes them for the line; a late one is a ring, an unsure one a faint dot.
import type { Place } from '../geo/geo';
import type { Part } from './part';

/** One fix to mark. */
export type DrawnFix = { readonly place: Place; readonly kind: 'late' | 'unsure' };

export const fixes: Part<readonly DrawnFix[]> = {
  id: 'fixes',
  features: (list) => ({
    type: 'FeatureCollection',
    features: list.map((fix) => ({
      type: 'Feature',
      properties: { kind: fix.kind },
      geometry: { type: 'Point', coordinates: [fix.place[0], fix.place[1]] },
    })),
  }),
  layers: (palette) => [
    {
      id: 'fixes-mark',
      type: 'circle',
      source: 'fixes',
      paint: {
        'circle-radius': ['match', ['get', 'kind'], 'late', 4.5, 3.5],
        'circle-color': palette.halo,
        'circle-opacity': ['match', ['get', 'kind'], 'late', 1, 0.4],
        'circle-stroke-color': ['match', ['get', 'kind'], 'late', palette.trail_gap, palette.stale],
        'circle-stroke-width': ['match', ['get', 'kind'], 'late', 2.2, 1.4],
      },
    },
  ],
};
