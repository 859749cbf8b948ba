// The one way to the server: typed by its own description, signed with the session's CSRF token, and every change under a
// key of its own, so that a change repeated by a shaky network happens once.
import createClient, { type Middleware } from 'openapi-fetch';
import { UNREACHABLE, readProblem, type Answer } from './problem';
import type { components, paths } from './types.gen';

/** The API's own types, by name. */
export type Api = components['schemas'];

let csrf = '';
let onSignedOut: () => void = () => undefined;

/** Takes the token of a session that began; an empty one when it ended. */
export function setCsrf(token: string): void {
  csrf = token;
}

/** Who is told when the server no longer knows us. */
export function whenSignedOut(tell: () => void): void {
  onSignedOut = tell;
}

/** A key for one change: 128 random bits. (`crypto.randomUUID` is missing on plain HTTP in a LAN.) */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const sign: Middleware = {
  onRequest({ request }) {
    if (request.method === 'GET') return;
    if (csrf) request.headers.set('X-CSRF-Token', csrf);
    if (!request.headers.has('Idempotency-Key')) request.headers.set('Idempotency-Key', newKey());
  },
  onResponse({ request, response }) {
    const signing_in = request.method === 'POST' && new URL(request.url).pathname.endsWith('/session');
    if (response.status === 401 && csrf && !signing_in) onSignedOut();
  },
};

/** The client; every path and body is checked by the compiler. */
export const api = createClient<paths>({ baseUrl: '/api/v1', credentials: 'same-origin' });
api.use(sign);

type Raw<Data> = { data?: Data; error?: unknown; response: Response };

/** Waits for a request and turns every way it can fail into a problem; it never throws, except when it was stopped. */
export async function settle<Data>(request: Promise<Raw<Data>>): Promise<Answer<NonNullable<Data>>> {
  try {
    const { data, error, response } = await request;
    if (response.ok) return { ok: true, data: (data ?? {}) as NonNullable<Data> };
    return { ok: false, problem: readProblem(response.status, error) };
  } catch (reason) {
    if (reason instanceof DOMException && reason.name === 'AbortError') throw reason;
    return { ok: false, problem: UNREACHABLE };
  }
}

/** Sends bytes or text as they are (photos, scans, drawings), which the typed client would turn into JSON. Never throws. */
export async function sendRaw<Data>(
  method: 'POST' | 'PATCH',
  path: string,
  body: Blob | string,
  headers: Readonly<Record<string, string>>,
): Promise<Answer<Data>> {
  const all = { 'Idempotency-Key': newKey(), 'X-CSRF-Token': csrf, ...headers };
  try {
    const response = await fetch(`/api/v1${path}`, { method, body, headers: all, credentials: 'same-origin' });
    if (response.status === 401 && csrf) onSignedOut();
    const said: unknown = await response.json().catch(() => null);
    return response.ok
      ? { ok: true, data: (said ?? {}) as Data }
      : { ok: false, problem: readProblem(response.status, said) };
  } catch {
    return { ok: false, problem: UNREACHABLE };
  }
}

/** Whether the session's token is known; not after an opening without network. */
export function isSigned(): boolean {
  return csrf !== '';
}

/** Most pages read of one list, so that a list without end cannot hold a screen for ever. */
const MOST_PAGES = 20;

/** Reads a list page by page, to its end or to its limit. */
export async function readAll<Item>(
  page: (cursor: string | undefined) => Promise<Answer<{ items: Item[]; next?: string | null }>>,
): Promise<Answer<Item[]>> {
  const items: Item[] = [];
  let cursor: string | undefined;
  for (let count = 0; count < MOST_PAGES; count += 1) {
    const answer = await page(cursor);
    if (!answer.ok) return answer;
    items.push(...answer.data.items);
    if (!answer.data.next) break;
    cursor = answer.data.next;
  }
  return { ok: true, data: items };
}
