import { describe, expect, test } from 'vitest';
import type { Api } from '../api/client';
import { allTaken, halfOf, rankOf, slotsOf, stepOf, takenOf } from './steps';
import type { Work } from './work';

const work = (order: number, what: Work['what'], stage: Work['stage'] = 'queued'): Work => ({
  id: `w${order}`,
  order,
  person: 9,
  trip: 7,
  what,
  done_ms: 0,
  stage,
  attempts: 0,
  not_before_ms: 0,
  problem: null,
});
const command = (name: string, stage?: Work['stage']) => work(1, { kind: 'command', name, path: '', body: {} }, stage);
const photo = (order: number, shows: Api['PhotoKind'], stage?: Work['stage']) =>
  work(order, { kind: 'photo', step: 'install', shows, bytes: 1, sha256: null, upload: null, sent: 0 }, stage);

describe('the step of a technician', () => {
  test('follows the states of the SOP', () => {
    const states: Api['TripState'][] = ['route_approved', 'assigned', 'installing', 'installed', 'ready_to_depart'];
    expect(states.map((state) => stepOf(state, []))).toEqual([
      'not_yet',
      'scan',
      'lock',
      'install_photos',
      'await_departure',
    ]);
    const later: Api['TripState'][] = [
      'in_transit',
      'compromised',
      'removal_granted',
      'removing',
      'removed',
      'completed',
    ];
    expect(later.map((state) => stepOf(state, []))).toEqual([
      'await_grant',
      'held',
      'unlock',
      'remove',
      'removal_photos',
      'done',
    ]);
  });

  test('a scan made off line moves on at once; one that was refused does not', () => {
    expect(stepOf('assigned', [command('begin_install')])).toBe('lock');
    expect(stepOf('assigned', [command('begin_install', 'refused')])).toBe('scan');
    expect(stepOf('assigned', [command('finish_removal')])).toBe('scan');
  });

  test('a removal finished off line asks for its photos', () => {
    expect(stepOf('removing', [command('finish_removal')])).toBe('removal_photos');
  });

  test('each step knows its half and what runs comes first', () => {
    expect((['scan', 'await_grant', 'remove'] as const).map(halfOf)).toEqual(['install', null, 'removal']);
    expect((['lock', 'scan', 'await_grant', 'over'] as const).map(rankOf)).toEqual([0, 1, 2, 3]);
  });
});

describe('the required photos', () => {
  const set: Api['PhotoSlot'][] = [
    { step: 'install', kind: 'door_with_number', photo: 4 },
    { step: 'install', kind: 'seal_close_up', photo: null },
    { step: 'removal', kind: 'door_after_removal', photo: null },
  ];

  test('are those of the step, with the newest of the phone', () => {
    const slots = slotsOf(set, 'install', [
      photo(2, 'seal_close_up'),
      photo(5, 'seal_close_up'),
      photo(3, 'seal_close_up'),
    ]);
    expect(slots.map((slot) => [slot.shows, slot.photo, slot.work?.id ?? null])).toEqual([
      ['door_with_number', 4, null],
      ['seal_close_up', null, 'w5'],
    ]);
  });

  test('are complete with those that wait, not with a refused one', () => {
    const taken = (stage: Work['stage']) => allTaken(slotsOf(set, 'install', [photo(2, 'seal_close_up', stage)]));
    expect([taken('queued'), taken('stored'), taken('refused')]).toEqual([true, true, false]);
    expect(allTaken(slotsOf(set, 'install', []))).toBe(false);
  });

  test('are counted without the refused ones', () => {
    const taken = (stage: Work['stage']) => takenOf(slotsOf(set, 'install', [photo(2, 'seal_close_up', stage)]));
    const without = takenOf(slotsOf(set, 'install', []));
    expect([taken('queued') - without, taken('stored') - without, taken('refused') - without]).toEqual([1, 1, 0]);
  });
});
