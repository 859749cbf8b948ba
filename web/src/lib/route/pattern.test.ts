import { expect, test } from 'vitest';
import { pathTo, placeOf, SCREENS, type Screen } from './pattern';

test('every screen is found again by its own path', () => {
  for (const screen of Object.keys(SCREENS) as Screen[]) {
    expect(placeOf(pathTo(screen, { id: '7' })).screen).toBe(screen);
  }
});

test('a parameter comes back as it went in', () => {
  expect(placeOf(pathTo('trip', { id: 'a/b ü' })).params).toEqual({ id: 'a/b ü' });
});

test('a slash at the end does not matter', () => expect(placeOf('/perjalanan/7/').params).toEqual({ id: '7' }));

test('what no pattern fits is lost', () => {
  expect(['/nowhere', '/perjalanan', '/perjalanan/7/x'].map((path) => placeOf(path).screen)).toEqual([
    'lost',
    'lost',
    'lost',
  ]);
});

test('a broken escape does not break the page', () => expect(placeOf('/segel/%E0').params).toEqual({ id: '%E0' }));
