// Who is signed in, and what they may ask for, as the server says it.
import { api, isSigned, setCsrf, settle, whenSignedOut, type Api } from '../api/client';
import { startLive, stopLive } from '../live/live.svelte';
import { recall, remember } from '../storage';
import { learnServerTime } from '../time/now.svelte';

/** The person behind the screen. */
export type Me = Api['Person'];

type Session =
  | { readonly stage: 'asking' }
  | { readonly stage: 'out'; readonly why: 'fresh' | 'left' | 'ended' }
  | { readonly stage: 'in'; readonly me: Me; readonly rights: readonly string[] };

/** How an attempt to sign in ended. */
export type Attempt = 'in' | 'wrong' | 'too_many' | 'unreachable';

const state = $state<{ session: Session; settings: Api['Settings'] | null }>({
  session: { stage: 'asking' },
  settings: null,
});

/** Where the session stands. */
export function session(): Session {
  return state.session;
}

/** What everybody may know before signing in; nothing until it was read. */
export function settings(): Api['Settings'] | null {
  return state.settings;
}

/** Whether this person's role may ask for a command at all. */
export function mayAsk(command: string): boolean {
  return state.session.stage === 'in' && state.session.rights.includes(command);
}

/** At the first page: who are we, and what is this place? */
export async function wakeSession(): Promise<void> {
  whenSignedOut(() => end('ended'));
  const [settings, answer] = await Promise.all([settle(api.GET('/settings')), settle(api.GET('/session'))]);
  if (settings.ok) state.settings = settings.data;
  if (answer.ok) return begin(answer.data);
  const kept = answer.problem.status === 0 ? keptSession() : null;
  state.session = kept ? { stage: 'in', ...kept } : { stage: 'out', why: 'fresh' };
  if (kept) startLive(() => end('ended'));
}

/** Makes sure that the server knows us: after an opening without network the session's token is still to be fetched. */
export async function renewSession(when: 'now' | 'if needed'): Promise<boolean> {
  if (when === 'if needed' && isSigned()) return true;
  const answer = await settle(api.GET('/session'));
  if (answer.ok) {
    setCsrf(answer.data.csrf);
    learnServerTime(Date.parse(answer.data.now));
  } else if (answer.problem.status === 401) end('ended');
  return answer.ok;
}

/** Who was signed in when the network was last there: enough to open the app without it, and no secret. */
type KeptSession = { readonly me: Me; readonly rights: readonly string[]; readonly until: string };
const KEPT = 'segel.session';

function keptSession(): KeptSession | null {
  try {
    const kept = JSON.parse(recall(KEPT) ?? 'null') as KeptSession | null;
    return kept && Date.now() < Date.parse(kept.until) ? kept : null;
  } catch {
    return null;
  }
}

/** Tries a name and a password. */
export async function signIn(login: string, password: string): Promise<Attempt> {
  const answer = await settle(api.POST('/session', { body: { login, password } }));
  if (answer.ok) {
    begin(answer.data);
    return 'in';
  }
  const { status } = answer.problem;
  if (status === 429) return 'too_many';
  return 400 <= status && status < 500 ? 'wrong' : 'unreachable';
}

/** Leaves; the session ends on the server too. */
export async function leave(): Promise<void> {
  await settle(api.DELETE('/session'));
  end('left');
}

/** Takes a session that began here or by an invitation. */
export function begin(answer: Api['Session']): void {
  setCsrf(answer.csrf);
  learnServerTime(Date.parse(answer.now));
  state.session = { stage: 'in', me: answer.person, rights: answer.rights };
  remember(
    KEPT,
    JSON.stringify({ me: answer.person, rights: answer.rights, until: answer.until } satisfies KeptSession),
  );
  startLive(() => end('ended'));
}

function end(why: 'left' | 'ended'): void {
  setCsrf('');
  remember(KEPT, null);
  stopLive();
  if (state.session.stage !== 'out') state.session = { stage: 'out', why };
}
