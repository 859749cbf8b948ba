// The customs offices and the organisations, as choices in forms: read once a visit, for they hardly change.
import { api, readAll, settle, type Api } from '../api/client';

const state = $state<{ offices: readonly Api['Office'][]; organisations: readonly Api['Organisation'][] }>({
  offices: [],
  organisations: [],
});
let asked = false;

async function read(): Promise<void> {
  const [offices, organisations] = await Promise.all([
    settle(api.GET('/offices')),
    readAll<Api['Organisation']>((cursor) =>
      settle(api.GET('/organisations', { params: { query: { limit: 200, ...(cursor ? { cursor } : {}) } } })),
    ),
  ]);
  if (offices.ok) state.offices = offices.data;
  if (organisations.ok) state.organisations = organisations.data;
  asked = offices.ok && organisations.ok;
}

/** Asks for the choices; once is enough. */
export function learnOffices(): void {
  if (asked) return;
  asked = true;
  void read();
}

/** The offices. */
export function offices(): readonly Api['Office'][] {
  return state.offices;
}

/** The providers that can be asked for a seal. */
export function providers(): readonly Api['Organisation'][] {
  return state.organisations.filter((each) => each.kind === 'provider');
}

/** The name of an office; its code while it is not known. */
export function officeName(code: string): string {
  return state.offices.find((office) => office.code === code)?.name ?? code;
}
