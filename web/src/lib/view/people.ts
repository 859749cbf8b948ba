// Whom a person may invite, and into where: what the form offers. The server decides.
import type { Api } from '../api/client';
import { ROLES, type Role } from '../session/roles';

/** Where people of a role belong. */
export function placeOfRole(role: Role): 'office' | 'nation' | 'provider' | 'user' | 'organisation' {
  switch (role) {
    case 'customs_officer':
    case 'customs_supervisor':
      return 'office';
    case 'customs_hq':
    case 'auditor':
      return 'nation';
    case 'provider_admin':
    case 'provider_operator':
      return 'provider';
    case 'service_user':
      return 'user';
    case 'technician':
    case 'driver':
      return 'organisation';
  }
}

/** Into which roles somebody may invite: customs anybody, a provider its own people and its customers, a user its own. */
export function invitableRoles(me: Pick<Api['Person'], 'role'>): readonly Role[] {
  switch (me.role) {
    case 'customs_supervisor':
      return ROLES;
    case 'provider_admin':
      return ['provider_admin', 'provider_operator', 'technician', 'driver', 'service_user'];
    case 'service_user':
      return ['service_user', 'technician', 'driver'];
    default:
      return [];
  }
}

/** Into which organisations of those known somebody may invite people of a role. */
export function organisationsFor(
  me: Pick<Api['Person'], 'role' | 'belongs'>,
  role: Role,
  known: readonly Api['Organisation'][],
): readonly Api['Organisation'][] {
  const own = me.belongs.kind === 'organisation' ? me.belongs.organisation : null;
  const place = placeOfRole(role);
  return known.filter((each) => {
    const fits = place === 'provider' ? each.kind === 'provider' : place === 'user' ? each.kind !== 'provider' : true;
    const reach = own === null || each.id === own || (me.role === 'provider_admin' && role === 'service_user');
    return fits && reach;
  });
}

/** What is wrong with a name to sign in with. */
export function loginWrong(login: string): boolean {
  return !/^[a-z0-9.-]{3,40}$/.test(login);
}

/** The least letters of a password. */
export const PASSWORD_LEAST = 10;
