import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { reasonOf, watchReadiness, type Reply } from './readiness';

const FULL = {
  status: 507,
  body: {
    code: 'disk_low',
    detail: 'Ruang penyimpanan hampir habis; kosongkan dulu, lalu coba lagi.',
    detail_en: 'the disk is nearly full; free some space, then ask again',
  },
};
const READY = { status: 200, body: null };
const SAID = { id: FULL.body.detail, en: FULL.body.detail_en };

describe('the reason', () => {
  test('is the sentence of the server in both languages', () => {
    expect(reasonOf(FULL)).toEqual(SAID);
    expect(reasonOf({ status: 503, body: { code: 'stopping', detail: 'berhenti', detail_en: 'stopping' } })).toEqual({
      id: 'berhenti',
      en: 'stopping',
    });
  });

  test.each<[string, Reply]>([
    ['work is taken', READY],
    ['nobody answers', null],
    ['a proxy answers for a server that is not there', { status: 503, body: '<html>Service Unavailable</html>' }],
    ['the address is unknown', { status: 404, body: { code: 'not_found', detail: 'x', detail_en: 'x' } }],
  ])('is none where %s', (_, reply) => {
    expect(reasonOf(reply)).toBeNull();
  });
});

describe('who watches', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('hears at once that the disk is full, soon that it has room again, and nothing after having left', async () => {
    let reply: Reply = FULL;
    const ask = vi.fn(() => (reply === null ? Promise.reject(new Error('no network')) : Promise.resolve(reply)));
    const told: unknown[] = [];
    const stop = watchReadiness(ask, (reason) => told.push(reason));
    await vi.advanceTimersByTimeAsync(0);
    expect(told).toEqual([SAID]);
    reply = READY;
    await vi.advanceTimersByTimeAsync(3_000);
    expect(told).toEqual([SAID, null]);
    await vi.advanceTimersByTimeAsync(14_999);
    expect(ask).toHaveBeenCalledTimes(2);
    reply = null;
    await vi.advanceTimersByTimeAsync(1);
    expect(told).toEqual([SAID, null, null]);
    stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(ask).toHaveBeenCalledTimes(3);
  });
});
