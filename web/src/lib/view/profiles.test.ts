import { expect, test } from 'vitest';
import type { Api } from '../api/client';
import { byMaker } from './profiles';

function profile(name: string, maker: string, protocol: Api['Protocol']): Api['Profile'] {
  return {
    name,
    version: 1,
    in_force: '2026-01-01',
    maker,
    model: name,
    firmware_from: null,
    firmware_to: null,
    protocol,
    dialect: 'any',
    clock_ahead_min: null,
    opens: [],
    senses: [],
    orders: [],
    certificate: null,
    interval: null,
    remarks: null,
  };
}

test('only profiles of the protocol are offered, each maker once, in the order of the server', () => {
  const all = [
    profile('a', 'HHD', 'jt808'),
    profile('b', 'Jointech', 'jointech'),
    profile('c', 'Jointech', 'jt808'),
    profile('d', 'HHD', 'jt808'),
  ];
  const names = byMaker(all, 'jt808').map(({ maker, models }) => [maker, models.map((each) => each.name)]);
  expect(names).toEqual([
    ['HHD', ['a', 'd']],
    ['Jointech', ['c']],
  ]);
  expect(byMaker(all, 'gt06')).toEqual([]);
});
