import { expect, test } from 'vitest';
import { holds } from './filter';

test('a number is found as it is typed: small, with blanks, in part', () => {
  expect(
    ['csqu 305438-3', '3054', 'H1234ab', 'zzz'].map((typed) => holds(typed, ['CSQU3054383', 'H 1234 AB'])),
  ).toEqual([true, true, true, false]);
});

test('nothing typed, or only blanks, is held by all; a missing text holds nothing', () => {
  expect([holds('', []), holds(' - ', [null]), holds('x', [null, undefined])]).toEqual([true, true, false]);
});
