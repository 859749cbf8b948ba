import { expect, test, vi } from 'vitest';
import { gather } from './again';

test('a burst is handed over once, each name once, and a later burst again', () => {
  vi.useFakeTimers();
  const handed: string[][] = [];
  const again = gather((names) => handed.push([...names]), 250);
  for (const name of ['7', '8', '7']) again(name);
  vi.advanceTimersByTime(249);
  expect(handed).toEqual([]);
  vi.advanceTimersByTime(1);
  again('7');
  vi.advanceTimersByTime(250);
  expect(handed).toEqual([['7', '8'], ['7']]);
  vi.useRealTimers();
});
