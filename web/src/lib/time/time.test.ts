import { describe, expect, test } from 'vitest';
import { age, clockTime, day, fullTime, limit, shortTime, span } from './time';

const NOON_UTC = Date.UTC(2026, 10, 24, 12, 0, 0);
const MINUTE_MS = 60_000;

describe('times of a zone', () => {
  test('WIB is seven, WITA eight, WIT nine hours ahead of UTC', () => {
    expect([clockTime(NOON_UTC, 'WIB'), clockTime(NOON_UTC, 'WITA'), clockTime(NOON_UTC, 'WIT')]).toEqual([
      '19:00',
      '20:00',
      '21:00',
    ]);
  });

  test('midnight is 00:00, never 24:00', () => {
    expect(clockTime(Date.UTC(2026, 10, 24, 17, 0, 0), 'WIB')).toBe('00:00');
  });

  test('evidence shows everything', () => {
    expect(fullTime(NOON_UTC, 'WIB', 'id')).toBe('24 Nov 2026 19:00:00 WIB');
  });

  test('the day turns at the midnight of the zone, not of UTC', () => {
    const late = Date.UTC(2026, 10, 24, 17, 0, 0);
    expect([day(late - 1, 'WIB', 'en'), day(late, 'WIB', 'en')]).toEqual(['24 Nov 2026', '25 Nov 2026']);
  });

  test('another day shows its date, today does not', () => {
    expect(shortTime(NOON_UTC, NOON_UTC + MINUTE_MS, 'WIB', 'en')).toBe('19:00');
    expect(shortTime(NOON_UTC, NOON_UTC + 24 * 60 * MINUTE_MS, 'WIB', 'en')).toBe('24 Nov 19:00');
  });
});

describe('ages', () => {
  test.each([
    [-5_000, { unit: 'now', n: 0 }],
    [9_999, { unit: 'now', n: 0 }],
    [10_000, { unit: 'seconds', n: 10 }],
    [59_999, { unit: 'seconds', n: 59 }],
    [60_000, { unit: 'minutes', n: 1 }],
    [4 * MINUTE_MS + 59_000, { unit: 'minutes', n: 4 }],
    [60 * MINUTE_MS, { unit: 'hours', n: 1 }],
    [24 * 60 * MINUTE_MS, { unit: 'days', n: 1 }],
  ])('%i ms', (old_ms, expected) => {
    expect(age(NOON_UTC - old_ms, NOON_UTC)).toEqual(expected);
  });
});

describe('spans', () => {
  test.each([
    [0, '0:00'],
    [-69_000, '1:09'],
    [3_599_999, '59:59'],
    [3_600_000, '1:00:00'],
    [90_000_000, '1 hari 1 jam'],
  ])('%i ms is %s', (span_ms, text) => {
    expect(span(span_ms, 'id')).toBe(text);
  });

  test('days are said in the language', () => expect(span(90_000_000, 'en')).toBe('1 d 1 h'));
});

describe('a running limit', () => {
  const due = NOON_UTC + 5 * MINUTE_MS;
  test('is calm one millisecond before 80 % and warns at 80 %', () => {
    const eighty = NOON_UTC + 4 * MINUTE_MS;
    expect([limit(NOON_UTC, due, eighty - 1).mood, limit(NOON_UTC, due, eighty).mood]).toEqual(['calm', 'warn']);
  });

  test('is over at its deadline, not before', () => {
    expect([limit(NOON_UTC, due, due - 1).mood, limit(NOON_UTC, due, due).mood]).toEqual(['warn', 'over']);
    expect(limit(NOON_UTC, due, due + 7_000).left_ms).toBe(-7_000);
  });

  test('begins unused, also when our clock is a little behind', () => {
    expect(limit(NOON_UTC, due, NOON_UTC - 1_000).used).toBe(0);
  });
});
