import { expect, test } from 'vitest';
import { cardNumbers } from './grant';

test('cards are ten digits each, parted by blanks, commas or lines', () => {
  expect(cardNumbers(' 0012345678, 0012345679\n0012345678;')).toEqual({ good: ['0012345678', '0012345679'], bad: [] });
});

test('nine digits, eleven digits and letters are no card', () => {
  expect(cardNumbers('001234567 00123456789 00123A5678').bad).toEqual(['001234567', '00123456789', '00123A5678']);
});

test('nothing typed is no card', () => expect(cardNumbers('  ')).toEqual({ good: [], bad: [] }));
