import { describe, expect, test } from 'vitest';
import { along, bearing, boxOf, circle, distanceM, inBox, lengthM, pixelsPerMetre, type Place } from './geo';

const TPKS: Place = [110.423889, -6.938889];
const PRIOK: Place = [106.886, -6.104];

describe('distances', () => {
  test('a degree of latitude is 111.195 km on the mean sphere', () => {
    expect(distanceM([110, -7], [110, -6])).toBeCloseTo(111_195.08, 1);
  });

  test('TPKS Semarang to Tanjung Priok is 401.7 km as the crow flies', () => {
    expect(Math.round(distanceM(TPKS, PRIOK) / 100)).toBe(4017);
  });

  test('a place is no distance from itself, and a line of one place has no length', () => {
    expect([distanceM(TPKS, TPKS), lengthM([TPKS]), lengthM([])]).toEqual([0, 0, 0]);
  });
});

test('bearings turn clockwise from north', () => {
  const from: Place = [110, 0];
  const bearings = (
    [
      [110, 1],
      [111, 0],
      [110, -1],
      [109, 0],
    ] as Place[]
  ).map((to) => Math.round(bearing(from, to)));
  expect(bearings).toEqual([0, 90, 180, 270]);
});

describe('boxes', () => {
  test('no places have no box', () => expect(boxOf([])).toBeNull());
  test('the box holds its border and nothing beyond', () => {
    const box = boxOf([TPKS, PRIOK]);
    expect(box).toEqual([106.886, -6.938889, 110.423889, -6.104]);
    expect([inBox(TPKS, box ?? [0, 0, 0, 0]), inBox([110.42389, -6.5], box ?? [0, 0, 0, 0])]).toEqual([true, false]);
  });
});

describe('along a line', () => {
  const line: Place[] = [
    [110, 0],
    [111, 0],
    [112, 0],
  ];
  test('half way is the middle', () => expect(along(line, 0.5)?.[0]).toBeCloseTo(111, 9));
  test('a quarter is in the middle of the first half', () => expect(along(line, 0.25)?.[0]).toBeCloseTo(110.5, 9));
  test('beyond the ends is the ends', () =>
    expect([along(line, -1), along(line, 2)]).toEqual([
      [110, 0],
      [112, 0],
    ]));
  test('no line has no place', () => expect(along([], 0.5)).toBeNull());
});

test('a kilometre at the equator is 52.4 pixels wide at zoom 12, and wider towards the poles', () => {
  expect(pixelsPerMetre(0) * 2 ** 12 * 1000).toBeCloseTo(52.39, 2);
  expect(pixelsPerMetre(60) / pixelsPerMetre(0)).toBeCloseTo(2, 9);
});

test('a circle is closed and as large as it says', () => {
  const ring = circle(TPKS, 250);
  expect(ring[0]).toEqual(ring[ring.length - 1]);
  expect(ring.map((place) => Math.round(distanceM(TPKS, place)))).toEqual(ring.map(() => 250));
});
