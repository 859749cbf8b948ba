// Seals on the map: one mark each. Shape says what it does (an arrow moves, a square stands, a hollow one is stale),
// an alarm puts its severity's shape beside it, and the chosen one wears a ring.
import type { Place } from '../geo/geo';
import type { Severity } from '../ui/severity';
import type { Part } from './part';

/** One seal to draw. */
export type DrawnSeal = {
  readonly id: string;
  readonly trip: string | null;
  /** What people call it: the container's number. */
  readonly label: string;
  readonly place: Place;
  readonly course_deg: number | null;
  readonly motion: 'moving' | 'stopped' | 'stale';
  readonly alarm: Severity | null;
  readonly chosen: boolean;
};

/** From this speed on a truck is drawn as moving; GNSS noise stays below it. */
export const MOVING_FROM_KMH = 4;

/** Whether a seal moves, stands, or has not been heard long enough that we must not say. */
export function motion(speed_kmh: number | null, age_ms: number, stale_after_ms: number): DrawnSeal['motion'] {
  if (stale_after_ms < age_ms) return 'stale';
  return speed_kmh !== null && MOVING_FROM_KMH <= speed_kmh ? 'moving' : 'stopped';
}

/** Gravest last, so that it is drawn on top. */
const ORDER: Readonly<Record<Severity, number>> = { S1: 4, S2: 3, S3: 2, S4: 1 };

export const seals: Part<readonly DrawnSeal[]> = {
  id: 'seals',
  features: (list) => ({
    type: 'FeatureCollection',
    features: list.map((seal) => ({
      type: 'Feature',
      properties: {
        id: seal.id,
        trip: seal.trip,
        label: seal.label,
        course: seal.course_deg ?? 0,
        motion: seal.motion === 'moving' && seal.course_deg === null ? 'stopped' : seal.motion,
        alarm: seal.alarm ?? '',
        order: (seal.chosen ? 10 : 0) + (seal.alarm ? ORDER[seal.alarm] : 0),
        chosen: seal.chosen,
      },
      geometry: { type: 'Point', coordinates: [seal.place[0], seal.place[1]] },
    })),
  }),
  layers: (palette) => [
    {
      id: 'seals-chosen',
      type: 'circle',
      source: 'seals',
      filter: ['get', 'chosen'],
      paint: {
        'circle-radius': 20,
        'circle-color': palette.chosen,
        'circle-opacity': 0.16,
        'circle-stroke-color': palette.chosen,
        'circle-stroke-width': 2.5,
      },
    },
    {
      id: 'seals-mark',
      type: 'symbol',
      source: 'seals',
      layout: {
        'icon-image': ['concat', 'seal-', ['get', 'motion']],
        'icon-size': ['interpolate', ['linear'], ['zoom'], 7, 0.62, 12, 1],
        'icon-rotate': ['case', ['==', ['get', 'motion'], 'moving'], ['get', 'course'], 0],
        'icon-rotation-alignment': 'map',
        'icon-allow-overlap': true,
        'icon-ignore-placement': true,
        'symbol-sort-key': ['get', 'order'],
      },
    },
    {
      id: 'seals-alarm',
      type: 'symbol',
      source: 'seals',
      filter: ['!=', ['get', 'alarm'], ''],
      layout: {
        'icon-image': ['concat', 'alarm-', ['get', 'alarm']],
        'icon-offset': [15, -15],
        'icon-allow-overlap': true,
        'icon-ignore-placement': true,
        'symbol-sort-key': ['get', 'order'],
      },
    },
    {
      id: 'seals-label',
      type: 'symbol',
      source: 'seals',
      minzoom: 10.5,
      layout: {
        'text-field': ['get', 'label'],
        'text-font': ['sans-serif'],
        'text-size': 11.5,
        'text-offset': [0, 1.5],
        'text-anchor': 'top',
        'text-optional': true,
        'symbol-sort-key': ['-', 0, ['get', 'order']],
      },
      paint: { 'text-color': palette.label, 'text-halo-color': palette.halo, 'text-halo-width': 1.8 },
    },
  ],
};
