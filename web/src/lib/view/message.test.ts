import { expect, test } from 'vitest';
import { corrections, factLines } from './message';

test('a correction without a field or a value is not sent, and of two for one field the last is', () => {
  expect(
    corrections([
      { field: ' nomorPolisi ', value: 'H 1' },
      { field: '', value: 'x' },
      { field: 'nomorESeal', value: ' ' },
      { field: 'nomorPolisi', value: 'H 1234 AB' },
    ]),
  ).toEqual([{ field: 'nomorPolisi', value: 'H 1234 AB' }]);
});

test('facts inside facts are named by both names, and what is missing is left out', () => {
  expect(factLines({ container: 'CSQU3054383', seal_label: null, place: { lat: -6.9, lon: 110.4 } })).toEqual([
    { name: 'container', value: 'CSQU3054383' },
    { name: 'place.lat', value: '-6.9' },
    { name: 'place.lon', value: '110.4' },
  ]);
});

test('what is no object has no facts', () => expect([factLines(null), factLines('x')]).toEqual([[], []]));
