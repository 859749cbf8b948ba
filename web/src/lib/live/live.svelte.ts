// The live stream as state: how the connection is, since when, and who wants to hear what.
import { api, newKey, settle, type Api } from '../api/client';
import type { Box } from '../geo/geo';
import { learnServerTime } from '../time/now.svelte';
import { follow, type Connection, type Following } from './share';
import type { LiveMessage } from './stream';

type Wants = {
  events?: (happened: readonly Api['LiveEvent'][]) => void;
  positions?: (items: readonly Api['LivePosition'][]) => void;
  /** The world must be loaded afresh. */
  reset?: () => void;
};

const state = $state<{ connection: Connection; since_ms: number }>({ connection: 'connecting', since_ms: Date.now() });
const wanted = new Set<Wants>();
let following: Following | null = null;
let onEnded: () => void = () => undefined;

/** How the stream is now. */
export function connection(): Connection {
  return state.connection;
}

/** Since when it is so. */
export function connectionSince(): number {
  return state.since_ms;
}

/** Asks to be told; the answer takes the wish back. Fits an `$effect`. */
export function hear(wants: Wants): () => void {
  wanted.add(wants);
  return () => wanted.delete(wants);
}

/** Begins to listen, once a person is signed in. */
export function startLive(ended: () => void): void {
  stopLive();
  onEnded = ended;
  following = follow({
    url: '/api/v1/live',
    after: null,
    tab: newKey(),
    message: pass,
    connection: become,
    putView,
    sessionHolds: async () => {
      const answer = await settle(api.GET('/session'));
      return answer.ok || answer.problem.status !== 401;
    },
  });
}

/** Ends listening, when the person signs out. */
export function stopLive(): void {
  following?.stop();
  following = null;
  become('connecting');
}

/** Says what this tab's map shows; nothing when it shows none. */
export function setLiveView(view: Box | null): void {
  following?.setView(view);
}

function putView(stream: string, [west, south, east, north]: Box): void {
  void settle(api.PUT('/live/{stream}/viewport', { params: { path: { stream } }, body: { west, south, east, north } }));
}

function become(connection: Connection): void {
  if (connection !== state.connection) [state.connection, state.since_ms] = [connection, Date.now()];
  if (connection === 'ended') onEnded();
}

function pass(message: LiveMessage): void {
  if (message.kind === 'hello') learnServerTime(Date.parse(message.hello.now));
  for (const wants of wanted) {
    if (message.kind === 'events') wants.events?.(message.entry.happened);
    if (message.kind === 'positions') wants.positions?.(message.positions.items);
    if (message.kind === 'reset') wants.reset?.();
  }
}
