import { expect, test } from 'vitest';
import { fenceAround, fenceGone, kindsInForm } from './orders';

test('the form lists only what the seal takes, and what needs no form is not in it', () => {
  expect(kindsInForm(['restart', 'lock', 'position_now', 'fence', 'interval'])).toEqual(['interval', 'fence']);
  expect(kindsInForm([])).toEqual([]);
  expect(kindsInForm(['something_new'])).toEqual([]);
});

test('a destination goes to the seal as it was drawn, under the number that is ours', () => {
  const shape = { kind: 'circle', centre: { lat: -6.97, lon: 110.33 }, radius_m: 300 } as const;
  expect(fenceAround({ name: 'Wijayakusuma', code: null, shape })).toEqual({ kind: 'fence', number: 1, shape });
  expect(fenceGone('circle')).toEqual({ kind: 'clear_fence', number: 1, sort: 'circle' });
});
