// Areas of a trip: where it starts and ends, where it may stop, where it must never be.
import { circle, type Place } from '../geo/geo';
import type { Part } from './part';

/** An area by its ring, or a circle around a place. */
export type DrawnArea = {
  readonly id: string;
  readonly name: string;
  readonly purpose: 'origin' | 'destination' | 'stop' | 'forbidden';
  readonly shape: { readonly ring: readonly Place[] } | { readonly centre: Place; readonly radius_m: number };
};

function ring(area: DrawnArea): Place[] {
  if ('centre' in area.shape) return circle(area.shape.centre, area.shape.radius_m);
  const [first] = area.shape.ring;
  return first ? [...area.shape.ring, first] : [];
}

export const areas: Part<readonly DrawnArea[]> = {
  id: 'areas',
  features: (list) => ({
    type: 'FeatureCollection',
    features: list.map((area) => ({
      type: 'Feature',
      properties: { id: area.id, name: area.name, purpose: area.purpose },
      geometry: { type: 'Polygon', coordinates: [ring(area).map(([x, y]) => [x, y])] },
    })),
  }),
  layers: (palette) => [
    {
      id: 'areas-fill',
      type: 'fill',
      source: 'areas',
      paint: {
        'fill-color': ['match', ['get', 'purpose'], 'forbidden', palette.forbidden, palette.corridor_edge],
        'fill-opacity': 0.13,
      },
    },
    {
      id: 'areas-edge',
      type: 'line',
      source: 'areas',
      paint: {
        'line-color': ['match', ['get', 'purpose'], 'forbidden', palette.forbidden, palette.corridor_edge],
        'line-width': 1.6,
        'line-dasharray': [3, 2],
      },
    },
  ],
};
