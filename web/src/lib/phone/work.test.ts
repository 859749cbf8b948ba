import { describe, expect, test } from 'vitest';
import { UNREACHABLE, type Problem } from '../api/problem';
import {
  again,
  afterLost,
  afterPiece,
  afterProblem,
  afterStored,
  holderOf,
  isOver,
  nextOf,
  share,
  SHOWN_MS,
  wakeAt,
  type Work,
} from './work';

const ME = 9;
const begin = (order: number, more: Partial<Work> = {}): Work => ({
  id: `w${order}`,
  order,
  person: ME,
  trip: 7,
  what: { kind: 'command', name: 'begin_install', path: '/trips/7/begin-install', body: {} },
  done_ms: 0,
  stage: 'queued',
  attempts: 0,
  not_before_ms: 0,
  problem: null,
  ...more,
});
const photo = (order: number, more: Partial<Work> = {}): Work =>
  begin(order, {
    what: {
      kind: 'photo',
      step: 'install',
      shows: 'seal_close_up',
      bytes: 1000,
      sha256: null,
      upload: null,
      sent: 0,
    },
    ...more,
  });
const refusal: Problem = { code: 'wrong_state', status: 409, say: { id: '', en: '' }, fields: [] };

describe('what goes next', () => {
  test('the command first, then the photo that follows it', () => {
    const all = [photo(2), begin(1)];
    expect(nextOf(all, ME, 0)?.id).toBe('w1');
    expect(nextOf([photo(2), afterStored(begin(1), 0)], ME, 0)?.id).toBe('w2');
  });

  test('a command that waits holds back its own trip and no other', () => {
    const all = [begin(1, { not_before_ms: 500 }), photo(2), photo(3, { trip: 8 })];
    expect(nextOf(all, ME, 499)?.id).toBe('w3');
    expect(nextOf(all, ME, 500)?.id).toBe('w1');
    expect(holderOf(photo(2), all)?.id).toBe('w1');
    expect(holderOf(photo(3, { trip: 8 }), all)).toBe(null);
  });

  test('a refused command holds back what was built on it, a refused photo nothing', () => {
    expect(nextOf([begin(1, { stage: 'refused' }), photo(2)], ME, 0)).toBe(null);
    expect(nextOf([photo(1, { stage: 'refused' }), photo(2)], ME, 0)?.id).toBe('w2');
  });

  test('a photo that waits does not hold back a later command', () => {
    expect(nextOf([photo(1, { not_before_ms: 9 }), begin(2)], ME, 0)?.id).toBe('w2');
  });

  test('the work of another person is left alone', () => {
    const all = [begin(1, { person: 4 })];
    expect([nextOf(all, ME, 0), wakeAt(all, ME)]).toEqual([null, null]);
  });

  test('it wakes at the first moment at which something may be tried', () => {
    expect(wakeAt([begin(1, { not_before_ms: 700 }), photo(2, { not_before_ms: 100 })], ME)).toBe(700);
    expect(wakeAt([photo(1, { not_before_ms: 700 }), photo(2, { not_before_ms: 100 })], ME)).toBe(100);
    expect(wakeAt([begin(1, { stage: 'refused' }), photo(2)], ME)).toBe(null);
  });
});

describe('an answer', () => {
  test('no network means later: two seconds, then doubling to a minute', () => {
    const waits: number[] = [];
    let work = begin(1);
    for (let attempt = 0; attempt < 8; attempt += 1) {
      work = afterProblem(work, UNREACHABLE, 0, 1);
      waits.push(work.not_before_ms);
    }
    expect(waits).toEqual([2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    expect(work.stage).toBe('queued');
  });

  test('a refusal is final until a person asks again', () => {
    const refused = afterProblem(begin(1), refusal, 0, 0);
    expect([refused.stage, refused.problem?.code]).toEqual(['refused', 'wrong_state']);
    expect(again(refused)).toEqual(begin(1));
  });

  test('an ended session waits for its person to sign in', () => {
    expect(afterProblem(begin(1), { ...refusal, status: 401 }, 0, 0).stage).toBe('queued');
  });

  test('what the server has is what it says it has', () => {
    const answer = { id: 'u1', offset: 400, bytes: 1000, until: '' };
    const half = afterPiece(photo(1, { attempts: 3 }), answer, 0);
    expect([half.what.kind === 'photo' && half.what.upload, share(half), half.attempts, half.stage]).toEqual([
      'u1',
      0.4,
      0,
      'queued',
    ]);
    const whole = afterPiece(half, { ...answer, offset: 1000, photo: { seq: 1, id: 3 } }, 0);
    expect([whole.stage, share(whole)]).toEqual(['stored', 1]);
  });

  test('all bytes sent is not yet stored: only the photo in the answer says so', () => {
    const sent = afterPiece(photo(1), { id: 'u1', offset: 1000, bytes: 1000, until: '' }, 0);
    expect(sent.stage).toBe('queued');
  });

  test('an upload the server forgot begins again', () => {
    const half = afterPiece(photo(1), { id: 'u1', offset: 400, bytes: 1000, until: '' }, 0);
    expect(afterLost(half)).toEqual(photo(1));
  });

  test('stored work is shown for a quarter of an hour and not a millisecond longer; waiting work for ever', () => {
    const stored = afterStored(photo(1), 1000);
    expect([isOver(stored, 1000 + SHOWN_MS), isOver(stored, 1001 + SHOWN_MS)]).toEqual([false, true]);
    expect(isOver(photo(1), Number.MAX_SAFE_INTEGER)).toBe(false);
  });
});
