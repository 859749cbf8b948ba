import { expect, test } from 'vitest';
import type { Api } from '../api/client';
import { drawingOf, drawingOfLine } from './drawing';

const plan: Api['RoutePlan'] = {
  name: 'TPKS – Wijayakusuma',
  office: '060100',
  points: [
    { lat: -6.94, lon: 110.42 },
    { lat: -6.97, lon: 110.33 },
  ],
  half_widths_m: [150],
  origin: { name: 'TPKS', code: 'TPKS', shape: { kind: 'circle', centre: { lat: -6.94, lon: 110.42 }, radius_m: 400 } },
  destination: {
    name: 'Wijayakusuma',
    shape: {
      kind: 'polygon',
      points: [
        { lat: -6.97, lon: 110.33 },
        { lat: -6.98, lon: 110.33 },
        { lat: -6.98, lon: 110.34 },
      ],
    },
  },
  stops: [{ name: 'SPBU', shape: { kind: 'circle', centre: { lat: -6.95, lon: 110.4 }, radius_m: 80 } }],
  distance_m: 13_500,
  transit_time_s: 3600,
  interval_s: 60,
};

test('a plan becomes a line with its numbers, then its areas by role', () => {
  const { features } = drawingOf(plan);
  expect(features[0]?.properties).toEqual({
    name: 'TPKS – Wijayakusuma',
    half_width_m: 150,
    transit_time_s: 3600,
    interval_s: 60,
  });
  expect(features.slice(1).map((each) => [each.properties?.['role'], each.geometry.type])).toEqual([
    ['origin', 'Point'],
    ['destination', 'Polygon'],
    ['stop', 'Point'],
  ]);
  expect(features[1]?.properties).toEqual({ role: 'origin', name: 'TPKS', code: 'TPKS', radius_m: 400 });
});

test('GeoJSON has longitude first, and rings are closed', () => {
  const { features } = drawingOf(plan);
  expect(features[0]?.geometry).toEqual({
    type: 'LineString',
    coordinates: [
      [110.42, -6.94],
      [110.33, -6.97],
    ],
  });
  const ring = features[2]?.geometry.type === 'Polygon' ? features[2].geometry.coordinates[0] : [];
  expect([ring?.length, ring?.[0]]).toEqual([4, ring?.[3]]);
});

test('a drawn line is nothing but a line', () => {
  expect(drawingOfLine([[110, -7]]).features).toEqual([
    { type: 'Feature', properties: {}, geometry: { type: 'LineString', coordinates: [[110, -7]] } },
  ]);
});
