import { describe, expect, test } from 'vitest';
import { backoffMs, joinViews, readMessage } from './stream';

describe('reading the stream', () => {
  test('an entry carries its number and what happened', () => {
    const entry = { seq: 42, at: '2026-11-24T08:15:00.000Z', happened: [] };
    expect(readMessage('events', JSON.stringify(entry))).toEqual({ kind: 'events', entry });
  });

  test('an entry without a number is not taken: it could not be resumed from', () => {
    expect([readMessage('events', '{"happened":[]}'), readMessage('events', '{"seq":"4","happened":[]}')]).toEqual([
      null,
      null,
    ]);
  });

  test('the greeting names the stream', () => {
    const hello = { stream: 's1', seq: 7, now: '2026-11-24T08:15:00.000Z' };
    expect(readMessage('hello', JSON.stringify(hello))).toEqual({ kind: 'hello', hello });
  });

  test('positions need a list', () => {
    expect(readMessage('positions', '{"items":[],"left_out":0}')).toEqual({
      kind: 'positions',
      positions: { items: [], left_out: 0 },
    });
    expect(readMessage('positions', '{"left_out":0}')).toBeNull();
  });

  test('torn JSON, a bare number and nothing at all are nothing, not an exception', () => {
    expect([
      readMessage('events', '{"a":'),
      readMessage('events', '7'),
      readMessage('reset', 'null'),
      readMessage('hello', ''),
    ]).toEqual([null, null, null, null]);
  });

  test('a reset says where to go on', () =>
    expect(readMessage('reset', '{"seq":90,"why":"too_old"}')).toEqual({ kind: 'reset', seq: 90 }));

  test('an unknown kind is nothing', () => expect(readMessage('gossip', '{"seq":1}')).toBeNull());
});

describe('waiting before the next attempt', () => {
  test('doubles from one second up to thirty', () => {
    expect([0, 1, 2, 4, 5, 60].map((attempt) => backoffMs(attempt, 1))).toEqual([
      1000, 2000, 4000, 16000, 30000, 30000,
    ]);
  });

  test('is spread over its second half', () => expect([backoffMs(2, 0), backoffMs(2, 0.5)]).toEqual([2000, 3000]));
});

describe('the view of several tabs', () => {
  test('holds all of them', () => {
    expect(
      joinViews([
        [110, -7, 111, -6],
        [106, -6.5, 107, -5],
      ]),
    ).toEqual([106, -7, 111, -5]);
  });
  test('of none is none', () => expect(joinViews([])).toBeNull());
});
