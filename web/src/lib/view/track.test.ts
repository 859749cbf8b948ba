import { describe, expect, test } from 'vitest';
import { fixesOf, gapMs, gapsOf, lineOf, marksOf, withFix, type TrackFix } from './track';

const START_MS = Date.UTC(2026, 10, 24, 8, 0, 0);
const point = (at_s: number, more: Record<string, unknown> = {}) => ({
  type: 'Feature',
  geometry: { type: 'Point', coordinates: [110.4 + at_s / 1e5, -6.9] },
  properties: { kind: 'fix', at: new Date(START_MS + at_s * 1000).toISOString(), use: 'judges', ...more },
});
const track = (...features: unknown[]) => fixesOf({ type: 'FeatureCollection', features });
const fix = (at_s: number): TrackFix => {
  const [read] = track(point(at_s));
  if (!read) throw new Error('a point is a fix');
  return read;
};

describe('reading a track', () => {
  test('takes the fixes with what was judged of them and leaves the lines', () => {
    const line = { type: 'Feature', geometry: { type: 'LineString', coordinates: [] }, properties: { kind: 'leg' } };
    const [only, ...rest] = track(line, point(60, { outside_m: 412.5, progress_m: 17_200, standing: 'very_late' }));
    expect(rest).toEqual([]);
    expect(only).toMatchObject({ at_ms: START_MS + 60_000, judges: true, late: true, outside_m: 412.5 });
  });

  test('survives whatever else a file may hold', () => {
    const broken = { type: 'Feature', geometry: { type: 'Point', coordinates: 'x' }, properties: {} };
    expect([fixesOf(null), fixesOf({ features: 7 }), track(null, 3, broken, point(0, { at: 'tomorrow' }))]).toEqual([
      [],
      [],
      [],
    ]);
  });
});

describe('gaps', () => {
  test('begin one millisecond after three missed reports, never below two minutes', () => {
    expect([gapMs(10), gapMs(60), gapMs(null)]).toEqual([120_000, 180_000, 180_000]);
    const kinds = (last_s: number) => lineOf([fix(0), fix(last_s)], 60).map((stretch) => stretch.kind);
    expect([kinds(180), kinds(180.001)]).toEqual([['heard'], ['heard', 'gap', 'heard']]);
  });

  test('are listed longest first', () => {
    const line = lineOf([fix(0), fix(300), fix(360), fix(1360)], 60);
    expect(gapsOf(line).map((gap) => gap.until_ms - gap.from_ms)).toEqual([1_000_000, 300_000]);
  });
});

test('the line goes through no fix that cannot judge; such a fix and a late one are marked', () => {
  const fixes = track(point(0), point(60, { use: 'wrong_source' }), point(120, { standing: 'late' }));
  expect(lineOf(fixes, 60)[0]?.places.length).toBe(2);
  expect(marksOf(fixes).map((mark) => mark.kind)).toEqual(['unsure', 'late']);
});

test('a live fix lengthens the track only if it is newer', () => {
  const fixes = [fix(0), fix(60)];
  expect([withFix(fixes, fix(60)).length, withFix(fixes, fix(30)).length, withFix(fixes, fix(61)).length]).toEqual([
    2, 2, 3,
  ]);
});
