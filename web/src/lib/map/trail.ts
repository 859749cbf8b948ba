// The trail of one trip: where it was, cut where nothing was heard. A gap is drawn as a gap, dashed, never as a road.
import type { Place } from '../geo/geo';
import type { Part } from './part';

/** A fix of the trail, in the order of event time. */
export type Fix = { readonly at_ms: number; readonly place: Place };

/** A run of fixes close enough in time to be joined, or the gap between two runs. */
export type Stretch = {
  readonly kind: 'heard' | 'gap';
  readonly places: readonly Place[];
  readonly from_ms: number;
  readonly until_ms: number;
};

/** Cuts a trail where two fixes are further apart than `gap_ms`. */
export function stretches(fixes: readonly Fix[], gap_ms: number): Stretch[] {
  const found: Stretch[] = [];
  let run: Fix[] = [];
  const close = () => {
    const [first, last] = [run[0], run.at(-1)];
    if (first && last)
      found.push({ kind: 'heard', places: run.map((fix) => fix.place), from_ms: first.at_ms, until_ms: last.at_ms });
  };
  for (const fix of fixes) {
    const before = run.at(-1);
    if (before && gap_ms < fix.at_ms - before.at_ms) {
      close();
      found.push({ kind: 'gap', places: [before.place, fix.place], from_ms: before.at_ms, until_ms: fix.at_ms });
      run = [];
    }
    run.push(fix);
  }
  close();
  return found;
}

export const trail: Part<readonly Stretch[]> = {
  id: 'trail',
  features: (list) => ({
    type: 'FeatureCollection',
    features: list
      .filter((stretch) => 1 < stretch.places.length)
      .map((stretch) => ({
        type: 'Feature',
        properties: { kind: stretch.kind },
        geometry: { type: 'LineString', coordinates: stretch.places.map(([x, y]) => [x, y]) },
      })),
  }),
  layers: (palette) => [
    {
      id: 'trail-casing',
      type: 'line',
      source: 'trail',
      filter: ['==', ['get', 'kind'], 'heard'],
      layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: { 'line-color': palette.halo, 'line-width': 6.5, 'line-opacity': 0.9 },
    },
    {
      id: 'trail-heard',
      type: 'line',
      source: 'trail',
      filter: ['==', ['get', 'kind'], 'heard'],
      layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: { 'line-color': palette.trail, 'line-width': 3.5 },
    },
    {
      id: 'trail-gap',
      type: 'line',
      source: 'trail',
      filter: ['==', ['get', 'kind'], 'gap'],
      paint: { 'line-color': palette.trail_gap, 'line-width': 2.5, 'line-dasharray': [1.5, 2] },
    },
  ],
};
