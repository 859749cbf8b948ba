import { expect, test } from 'vitest';
import { home, menu, ROLES } from './roles';

test('every role has a menu and starts at its first line', () => {
  for (const role of ROLES) expect([role, menu(role)[0]?.screen]).toEqual([role, home(role)]);
});

test('a phone role starts at its jobs, the command centre at its map, an officer at what waits', () => {
  expect([home('technician'), home('driver'), home('customs_supervisor'), home('customs_officer')]).toEqual([
    'jobs',
    'jobs',
    'centre',
    'waiting',
  ]);
});

test('a technician is offered nothing of the office', () => {
  expect(menu('technician').map((item) => item.screen)).toEqual(['jobs']);
});
