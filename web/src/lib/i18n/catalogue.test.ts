import { describe, expect, test } from 'vitest';
import { fill, gaps, isKey, sentence } from './catalogue';
import { deskIndonesian } from './desk.id';
import { english } from './en';
import { indonesianField } from './field.id';
import { indonesian } from './id';

describe('the catalogue', () => {
  test('both languages have the same sentences in the same order', () => {
    expect(Object.keys(english)).toEqual(Object.keys(indonesian));
  });

  test('both languages have the same gaps in each sentence', () => {
    for (const [key, sentence] of Object.entries(indonesian)) {
      expect([key, gaps(english[key as keyof typeof english]).sort()]).toEqual([key, gaps(sentence).sort()]);
    }
  });

  test('no sentence stands in two files, where one would silence the other', () => {
    expect(Object.keys(indonesianField).filter((key) => key in deskIndonesian)).toEqual([]);
  });

  test('no sentence is empty', () => {
    const empty = [indonesian, english]
      .flatMap((language) => Object.entries(language))
      .filter(([, text]) => text === '');
    expect(empty).toEqual([]);
  });

  test('a gap is filled, and one without a value stays visible', () => {
    expect(fill('{n} dari {all}', { n: 3, all: 4 })).toBe('3 dari 4');
    expect(fill('{n} dari {all}', { n: 3 })).toBe('3 dari {all}');
  });

  test('what the server says begins with a capital, and only that letter changes', () => {
    expect(sentence('belum ada yang menanggapi TPKS')).toBe('Belum ada yang menanggapi TPKS');
    expect(sentence('412 m di luar')).toBe('412 m di luar');
    expect(sentence('Sudah benar.')).toBe('Sudah benar.');
    expect(sentence('')).toBe('');
  });

  test('a name made at run time is checked', () => {
    expect(isKey('alarm.A01')).toBe(true);
    expect(isKey('alarm.A99')).toBe(false);
    expect(isKey('toString')).toBe(false);
  });
});
