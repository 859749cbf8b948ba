import { expect, test } from 'vitest';
import type { Api } from '../api/client';
import { freeLines, gateHint, gateWaits } from './gate';

const line = (position: number, more: Partial<Api['DocumentLine']> = {}): Api['DocumentLine'] => ({
  position,
  container: 'CSQU3054383',
  check_digit_holds: true,
  size_ft: 40,
  approved: true,
  ...more,
});
const lines = [line(0), line(1, { trip: 7 }), line(2, { approved: false })];
const free = (status: Api['DocumentStatus']) => freeLines({ status, lines }).map((each) => each.position);

test('a used line and one the officer left out back no trip', () => expect(free('verified')).toEqual([0]));

test('before the officer has looked every unused line may be asked for', () =>
  expect(free('submitted')).toEqual([0, 2]));

test('a refused or cancelled document offers nothing', () => {
  expect([free('refused'), free('cancelled')]).toEqual([[], []]);
});

test('a refusal of the gate has its word of help, another has none', () => {
  expect([gateHint('line_in_use'), gateHint('wrong_state')]).toEqual([true, false]);
});

test('only what an officer must still do is waiting; a refused paper is to be mended', () => {
  expect(gateWaits('document_not_verified')).toBe(true);
  expect(gateWaits('document_refused')).toBe(false);
});
