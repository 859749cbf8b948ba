// What this phone has done and the server does not have yet, as state: shown honestly, sent in order, tried again when the
// network is back. It begins with the app, so that a reload or a day off line loses nothing.
import { newKey } from '../api/client';
import { renewSession, session } from '../session/session.svelte';
import { openDrawer, type Drawer, type Kept } from './drawer';
import { sendWork } from './send';
import { again, isOver, MOST_WORK, nextOf, wakeAt, type CommandWork, type PhotoWork, type Work } from './work';
import type { Api } from '../api/client';

/** One tab sends at a time; where locks are missing (plain HTTP) the idempotency keys keep doubles harmless. */
const LOCK = 'segel.outbox';
/** The longest sleep: `online` is not told reliably by every phone. */
const LONGEST_SLEEP_MS = 60_000;

const state = $state<{ online: boolean; durable: boolean; sending: string | null }>({
  online: navigator.onLine,
  durable: true,
  sending: null,
});
let all = $state.raw<readonly Work[]>([]);
const stored = new Set<(work: Work) => void>();
let drawer: Promise<Drawer> | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;
let pumping = false;

/** Whether the phone believes that it has a network. */
export function isOnline(): boolean {
  return state.online;
}

/** Whether what is kept here survives a reload. */
export function isDurable(): boolean {
  return state.durable;
}

/** The name of the work that is on its way this moment. */
export function sending(): string | null {
  return state.sending;
}

/** The work of the person who is signed in. */
export function myWork(): readonly Work[] {
  const me = person();
  return all.filter((work) => work.person === me);
}

/** Theirs on one trip. */
export function workOn(trip: number): readonly Work[] {
  return myWork().filter((work) => work.trip === trip);
}

/** Asks to hear when work was stored; the answer takes the wish back. Fits an `$effect`. */
export function hearStored(hear: (work: Work) => void): () => void {
  stored.add(hear);
  return () => stored.delete(hear);
}

/** Begins: reads what an earlier visit left, and sends it. */
export async function wakeOutbox(): Promise<void> {
  addEventListener('online', () => become(true));
  addEventListener('offline', () => become(false));
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && pump());
  const at = await theDrawer();
  state.durable = at.durable;
  const kept = await at.allWork();
  const now_ms = Date.now();
  for (const old of kept.filter((work) => isOver(work, now_ms))) void at.dropWork(old.id);
  all = kept.filter((work) => !isOver(work, now_ms));
  pump();
}

/** Does a command, now or as soon as the network is back. False when the drawer is full. */
export function doCommand(trip: number, what: Omit<CommandWork, 'kind'>): Promise<boolean> {
  return put(trip, { kind: 'command', ...what });
}

/** Takes a photo over. */
export async function addPhoto(
  trip: number,
  step: Api['PhotoStep'],
  shows: Api['PhotoKind'],
  bytes: Blob,
): Promise<boolean> {
  const what: PhotoWork = {
    kind: 'photo',
    step,
    shows,
    bytes: bytes.size,
    sha256: await hashOf(bytes),
    upload: null,
    sent: 0,
  };
  return put(trip, what, bytes);
}

/** Tries it again now. */
export async function tryAgain(id: string): Promise<void> {
  const work = all.find((each) => each.id === id);
  if (!work) return;
  await keep(again(work));
  pump();
}

/** Gives it up: it is gone from the phone. */
export async function discard(id: string): Promise<void> {
  all = all.filter((work) => work.id !== id);
  await (await theDrawer()).dropWork(id);
  pump();
}

/** The photo as it lies here, for a look before it is sent. */
export async function bytesHere(id: string): Promise<Blob | null> {
  return (await theDrawer()).bytesOf(id);
}

/** Keeps what the server said, to be shown without it. */
export async function keepCopy(name: string, value: unknown): Promise<void> {
  const me = person();
  if (me === null) return;
  await (await theDrawer()).keep(name, { person: me, read_ms: Date.now(), value }).catch(() => undefined);
}

/** What was kept under a name for this person. */
export async function keptCopy<Value>(name: string): Promise<Kept<Value> | null> {
  const kept = await (await theDrawer()).kept(name).catch(() => null);
  return kept && kept.person === person() ? (kept as Kept<Value>) : null;
}

/** Forgets the copies when a person leaves a phone that others may use. Work that waits stays: it is evidence. */
export async function forgetCopies(): Promise<void> {
  await (await theDrawer()).forgetKept().catch(() => undefined);
}

/** Sends what can be sent; called whenever that may have changed. */
export function pump(): void {
  clearTimeout(timer);
  if (!pumping) void run();
}

async function run(): Promise<void> {
  pumping = true;
  try {
    if ('locks' in navigator)
      await navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => (lock ? sendAll() : undefined));
    else await sendAll();
  } finally {
    pumping = false;
    sleep();
  }
}

async function sendAll(): Promise<void> {
  for (;;) {
    const me = person();
    const work = me === null || !state.online ? null : nextOf(all, me, Date.now());
    if (!work || !(await renewSession('if needed'))) return;
    state.sending = work.id;
    const at = await theDrawer();
    const after = await sendWork(work, () => at.bytesOf(work.id), keep).finally(() => (state.sending = null));
    await keep(after);
    if (after.stage === 'stored') await finish(after);
  }
}

async function finish(work: Work): Promise<void> {
  if (work.what.kind === 'photo') await (await theDrawer()).dropBytes(work.id);
  for (const hear of stored) hear(work);
}

function sleep(): void {
  const me = person();
  const wake = me === null ? null : wakeAt(all, me);
  if (wake === null) return;
  timer = setTimeout(pump, Math.min(LONGEST_SLEEP_MS, Math.max(1000, wake - Date.now())));
}

function become(online: boolean): void {
  state.online = online;
  if (online) pump();
}

async function put(trip: number, what: Work['what'], bytes?: Blob): Promise<boolean> {
  const me = person();
  if (me === null || MOST_WORK <= all.filter((work) => work.stage !== 'stored').length) return false;
  const order = all.reduce((last, work) => Math.max(last, work.order), 0) + 1;
  const work: Work = {
    id: newKey(),
    order,
    person: me,
    trip,
    what,
    done_ms: Date.now(),
    stage: 'queued',
    attempts: 0,
    not_before_ms: 0,
    problem: null,
  };
  try {
    await (await theDrawer()).putWork(work, bytes);
  } catch {
    return false;
  }
  all = [...all, work];
  pump();
  return true;
}

/** Work that was given up while it was on its way does not come back. */
async function keep(work: Work): Promise<void> {
  if (!all.some((each) => each.id === work.id)) return;
  all = all.map((each) => (each.id === work.id ? work : each));
  await (await theDrawer()).putWork(work).catch(() => undefined);
}

function theDrawer(): Promise<Drawer> {
  drawer ??= openDrawer();
  return drawer;
}

function person(): number | null {
  const now = session();
  return now.stage === 'in' ? now.me.id : null;
}

/** Browsers hash only on secure pages; the server checks by itself in any case. */
async function hashOf(bytes: Blob): Promise<string | null> {
  if (!globalThis.crypto?.subtle) return null;
  const hash = await crypto.subtle.digest('SHA-256', await bytes.arrayBuffer());
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
