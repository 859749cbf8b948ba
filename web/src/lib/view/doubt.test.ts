import { expect, test } from 'vitest';
import { doubtIn } from './doubt';

test('each reason of the gateway is said in Indonesian, with its figures', () => {
  expect(doubtIn('id', 'two connections are 403 km apart after 60 s')).toBe(
    'dua sambungan berjarak 403 km dalam 60 dtk',
  );
  expect(doubtIn('id', 'its modem has another IMEI than before')).toBe('IMEI modemnya berbeda dari sebelumnya');
});

test('in English it stays, and so does a reason that nobody knows', () => {
  expect(doubtIn('en', 'two connections are 403 km apart after 60 s')).toBe(
    'two connections are 403 km apart after 60 s',
  );
  expect(doubtIn('id', 'something else')).toBe('something else');
});
