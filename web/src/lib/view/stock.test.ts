import { expect, test } from 'vitest';
import { certificateStanding, chargeTone } from './stock';

const MIDNIGHT_WIB = Date.UTC(2027, 5, 30, 17, 0, 0);

test('a certificate holds through its last day in the zone of the office, and not a millisecond longer', () => {
  expect([
    certificateStanding('2027-06-30', MIDNIGHT_WIB - 1),
    certificateStanding('2027-06-30', MIDNIGHT_WIB),
    certificateStanding('2027-06-30', MIDNIGHT_WIB - 2 * 3_600_000, 9),
  ]).toEqual(['ending', 'ended', 'ended']);
});

test('thirty days before its end it begins to end', () => {
  const thirty = MIDNIGHT_WIB - 30 * 86_400_000;
  expect([certificateStanding('2027-06-30', thirty - 1), certificateStanding('2027-06-30', thirty)]).toEqual([
    'valid',
    'ending',
  ]);
});

test('no certificate, and one that cannot be read', () => {
  expect([certificateStanding(null, 0), certificateStanding('soon', 0)]).toEqual(['none', 'ended']);
});

test('a charge is low below 30 and empty below 15', () => {
  expect([30, 29, 15, 14, null].map(chargeTone)).toEqual(['good', 'low', 'low', 'empty', 'none']);
});
