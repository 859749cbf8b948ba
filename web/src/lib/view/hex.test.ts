import { expect, test } from 'vitest';
import { hexLines } from './hex';

test('bytes stand sixteen to a line, with their place and their letters', () => {
  expect(hexLines('28373530303030303030312c503433290d0a')).toEqual([
    { offset: '0000', bytes: '28 37 35 30 30 30 30 30 30 30 31 2c 50 34 33 29'.split(' '), text: '(7500000001,P43)' },
    { offset: '0010', bytes: ['0d', '0a'], text: '··' },
  ]);
});

test('masked digits stay masked, half a byte too', () => {
  expect(hexLines('41**3*')[0]).toEqual({ offset: '0000', bytes: ['41', '**', '3*'], text: 'A**' });
});

test('nothing is nothing', () => expect(hexLines('')).toEqual([]));
