// Where alarms happened: a mark at the place itself, which stays when the truck has driven on.
import type { Place } from '../geo/geo';
import type { Severity } from '../ui/severity';
import type { Part } from './part';

/** One alarm to draw. */
export type DrawnAlarm = {
  readonly id: string;
  readonly code: string;
  readonly severity: Severity;
  readonly place: Place;
  readonly open: boolean;
};

export const alarms: Part<readonly DrawnAlarm[]> = {
  id: 'alarms',
  features: (list) => ({
    type: 'FeatureCollection',
    features: list.map((alarm) => ({
      type: 'Feature',
      properties: { id: alarm.id, code: alarm.code, severity: alarm.severity, open: alarm.open },
      geometry: { type: 'Point', coordinates: [alarm.place[0], alarm.place[1]] },
    })),
  }),
  layers: (palette) => [
    {
      id: 'alarms-place',
      type: 'circle',
      source: 'alarms',
      paint: {
        'circle-radius': 11,
        'circle-color': 'transparent',
        'circle-stroke-color': [
          'match',
          ['get', 'severity'],
          'S1',
          palette.alarm.S1,
          'S2',
          palette.alarm.S2,
          'S3',
          palette.alarm.S3,
          palette.alarm.S4,
        ],
        'circle-stroke-width': 2,
        'circle-stroke-opacity': ['case', ['get', 'open'], 1, 0.5],
      },
    },
    {
      id: 'alarms-code',
      type: 'symbol',
      source: 'alarms',
      layout: {
        'text-field': ['get', 'code'],
        'text-font': ['sans-serif'],
        'text-size': 11,
        'text-offset': [0, -1.3],
        'text-anchor': 'bottom',
        'text-allow-overlap': true,
      },
      paint: { 'text-color': palette.label, 'text-halo-color': palette.halo, 'text-halo-width': 2 },
    },
  ],
};
