import { expect, test } from 'vitest';
import type { Api } from '../api/client';
import { invitableRoles, loginWrong, organisationsFor } from './people';

const known: Api['Organisation'][] = [
  { id: 2, name: 'PT Segel', kind: 'provider' },
  { id: 3, name: 'PT Impor', kind: 'importer' },
  { id: 4, name: 'PT Segel Lain', kind: 'provider' },
];
const provider = { role: 'provider_admin', belongs: { kind: 'organisation', organisation: 2 } } as const;
const customs = { role: 'customs_supervisor', belongs: { kind: 'office', office: '060100' } } as const;
const ids = (list: readonly Api['Organisation'][]) => list.map((each) => each.id);

test('customs people are invited by customs alone', () => {
  expect(invitableRoles(customs)).toContain('customs_officer');
  expect(invitableRoles(provider).filter((role) => role.startsWith('customs'))).toEqual([]);
  expect(invitableRoles({ role: 'technician' })).toEqual([]);
});

test('a provider invites into itself, and users into their own firms', () => {
  expect(ids(organisationsFor(provider, 'technician', known))).toEqual([2]);
  expect(ids(organisationsFor(provider, 'service_user', known))).toEqual([3]);
  expect(ids(organisationsFor(customs, 'provider_admin', known))).toEqual([2, 4]);
});

test('a name to sign in with has 3 to 40 small letters, digits, dots and dashes', () => {
  expect(['ab', 'abc', 'a'.repeat(40), 'a'.repeat(41), 'Sari', 'sari.w-1', 'sari w'].map(loginWrong)).toEqual([
    true,
    false,
    false,
    true,
    true,
    false,
    true,
  ]);
});
