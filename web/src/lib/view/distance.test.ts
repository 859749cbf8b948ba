import { expect, test } from 'vitest';
import { distanceText } from './distance';

test('metres below a kilometre, kilometres from there on', () => {
  expect([distanceText(12.4), distanceText(999), distanceText(1000), distanceText(12_345)]).toEqual([
    '12 m',
    '999 m',
    '1.0 km',
    '12.3 km',
  ]);
});
