import { describe, expect, test } from 'vitest';
import type { Place } from '../geo/geo';
import { alarms } from './alarms';
import { areas } from './areas';
import { corridors, runs, STRIP } from './corridors';
import { DARK, LIGHT } from './palette';
import { motion, seals } from './seals';
import { stretches, trail } from './trail';

const MINUTE_MS = 60_000;

describe('the trail', () => {
  const fix = (minute: number, lon: number) => ({ at_ms: minute * MINUTE_MS, place: [lon, -7] as const });

  test('without a gap is one stretch', () => {
    expect(stretches([fix(0, 110), fix(1, 110.1), fix(2, 110.2)], 3 * MINUTE_MS).map((each) => each.kind)).toEqual([
      'heard',
    ]);
  });

  test('a gap is a stretch of its own, between the fixes around it', () => {
    const found = stretches([fix(0, 110), fix(1, 110.1), fix(9, 110.5), fix(10, 110.6)], 3 * MINUTE_MS);
    expect(found.map((each) => [each.kind, each.from_ms / MINUTE_MS, each.until_ms / MINUTE_MS])).toEqual([
      ['heard', 0, 1],
      ['gap', 1, 9],
      ['heard', 9, 10],
    ]);
  });

  test('a pause of exactly the limit is no gap, one millisecond more is', () => {
    const pause = (span_ms: number) =>
      stretches(
        [
          { at_ms: 0, place: [110, -7] },
          { at_ms: span_ms, place: [111, -7] },
        ],
        MINUTE_MS,
      ).length;
    expect([pause(MINUTE_MS), pause(MINUTE_MS + 1)]).toEqual([1, 3]);
  });

  test('a single fix is heard but draws no line', () => {
    const one = stretches([fix(0, 110)], MINUTE_MS);
    expect([one.length, trail.features(one).features.length, stretches([], MINUTE_MS).length]).toEqual([1, 0, 0]);
  });
});

describe('seals', () => {
  test('move from 4 km/h on, stand below, and are stale when not heard, whatever their last speed', () => {
    expect([motion(4, 0, MINUTE_MS), motion(3.9, 0, MINUTE_MS), motion(null, 0, MINUTE_MS)]).toEqual([
      'moving',
      'stopped',
      'stopped',
    ]);
    expect([motion(60, MINUTE_MS, MINUTE_MS), motion(60, MINUTE_MS + 1, MINUTE_MS)]).toEqual(['moving', 'stale']);
  });

  test('one without a course points nowhere: it is drawn as standing', () => {
    const seal = {
      id: '1',
      trip: '7',
      label: 'X',
      place: [110, -7],
      course_deg: null,
      motion: 'moving',
      alarm: 'S1',
      chosen: false,
    } as const;
    expect(seals.features([seal]).features[0]?.properties).toMatchObject({ motion: 'stopped', alarm: 'S1', order: 4 });
  });
});

describe('a corridor', () => {
  const line: Place[] = [
    [110, -7],
    [110.1, -7],
    [110.2, -7],
    [110.3, -7],
  ];

  test('gives its last width to the segments that have none, as one run', () => {
    expect(runs({ line, half_widths_m: [300] })).toEqual([{ half_width_m: 300, line }]);
  });

  test('is cut where its width changes, and both sides share that place', () => {
    expect(runs({ line, half_widths_m: [300, 500] })).toEqual([
      { half_width_m: 300, line: line.slice(0, 2) },
      { half_width_m: 500, line: line.slice(1) },
    ]);
  });

  test('of a single place has no run', () =>
    expect(runs({ line: line.slice(0, 1), half_widths_m: [300] })).toEqual([]));

  test('is a solid strip, so that its overlapping pieces do not show', () => {
    const strip = corridors.layers(LIGHT).find((layer) => layer.id === STRIP);
    expect(strip?.paint).not.toHaveProperty('line-opacity');
  });

  test('is drawn as a strip and a line', () => {
    const drawn = corridors.features([{ trip: '7', line, half_widths_m: [300], chosen: true }]);
    expect(drawn.features.map((each) => each.properties?.['what'])).toEqual(['strip', 'line']);
  });
});

test('an area given open is drawn closed', () => {
  const drawn = areas.features([
    {
      id: 'a',
      name: 'A',
      purpose: 'origin',
      shape: {
        ring: [
          [0, 0],
          [1, 0],
          [1, 1],
        ],
      },
    },
  ]);
  expect(drawn.features[0]?.geometry).toEqual({
    type: 'Polygon',
    coordinates: [
      [
        [0, 0],
        [1, 0],
        [1, 1],
        [0, 0],
      ],
    ],
  });
});

test('every part paints the same layers in the light and in the dark, each from its own source', () => {
  for (const part of [alarms, areas, corridors, seals, trail]) {
    expect(part.layers(LIGHT).map((layer) => layer.id)).toEqual(part.layers(DARK).map((layer) => layer.id));
    expect(part.layers(LIGHT).map((layer) => layer.source)).toEqual(part.layers(LIGHT).map(() => part.id));
  }
});
