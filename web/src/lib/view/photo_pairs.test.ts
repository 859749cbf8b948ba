import { expect, test } from 'vitest';
import type { Api } from '../api/client';
import { otherPhotos, photoRows } from './photo_pairs';

const photo = (id: number, step: Api['PhotoStep'], kind: Api['PhotoKind'], rejected: string | null = null) =>
  ({ id, step, kind, rejected }) as Api['Photo'];
const slots = [
  { step: 'install', kind: 'seal_close_up', photo: null },
  { step: 'install', kind: 'truck_with_plate', photo: null },
  { step: 'removal', kind: 'seal_before_opening', photo: null },
] as const;

test('the seal close up stands beside the seal before opening, and a missing photo keeps its place', () => {
  const rows = photoRows(slots, [photo(1, 'install', 'seal_close_up')]);
  expect(rows.map((row) => [row.install?.photo?.id ?? null, row.removal?.kind ?? null])).toEqual([
    [1, 'seal_before_opening'],
    [null, null],
  ]);
  expect(rows[1]?.install).toEqual({ kind: 'truck_with_plate', required: true, photo: null });
});

test('the newest that was not rejected is shown; the others are not lost', () => {
  const photos = [
    photo(1, 'install', 'seal_close_up'),
    photo(2, 'install', 'seal_close_up'),
    photo(3, 'install', 'seal_close_up', 'buram'),
  ];
  const rows = photoRows(slots, photos);
  expect(rows[0]?.install?.photo?.id).toBe(2);
  expect(otherPhotos(rows, photos).map((each) => each.id)).toEqual([1, 3]);
});

test('a further photo that nobody asked for has a row of its own', () => {
  const rows = photoRows(slots, [photo(9, 'removal', 'other')]);
  expect(rows.at(-1)).toEqual({
    install: null,
    removal: { kind: 'other', required: false, photo: photo(9, 'removal', 'other') },
  });
});
