// One stream for all tabs of a browser: the tab that holds the lock reads it and passes every message on.
//
// A browser gives few connections to one server, and the server counts streams. The lock is the browser's own
// (Web Locks): when the reading tab is closed or crashes it goes to the next, which resumes from the last number seen.
// Web Locks need a secure page; on plain HTTP in a LAN each tab reads its own stream, which is right, only dearer.
import type { Box } from '../geo/geo';
import { backoffMs, joinViews, KINDS, readMessage, type LiveMessage } from './stream';

const NAME = 'segel.live';

/** How the stream is. */
export type Connection = 'connecting' | 'on' | 'off' | 'ended';

type Passed =
  | { readonly what: 'message'; readonly message: LiveMessage }
  | { readonly what: 'connection'; readonly connection: Connection }
  /** A tab says what its map shows; nothing once it shows none. */
  | { readonly what: 'view'; readonly tab: string; readonly view: Box | null }
  /** The reading tab asks the others for their views, or a new tab how the stream is. */
  | { readonly what: 'ask' };

/** What following needs from the outside. */
export type Outside = {
  readonly url: string;
  /** Number of the newest entry already known. */
  readonly after: number | null;
  readonly tab: string;
  message: (message: LiveMessage) => void;
  connection: (connection: Connection) => void;
  /** Tells the server what the maps show. */
  putView: (stream: string, view: Box) => void;
  /** Whether the session still holds; EventSource does not tell a refusal from a broken line. */
  sessionHolds: () => Promise<boolean>;
};

/** A stream that is being followed. */
export type Following = { setView: (view: Box | null) => void; stop: () => void };

/** Follows the stream until it is stopped. */
export function follow(outside: Outside): Following {
  const stop = new AbortController();
  const channel = new BroadcastChannel(NAME);
  const views = new Map<string, Box>();
  let [seq, connection, stream, reading] = [outside.after, 'connecting' as Connection, '', false];

  const pass = (passed: Passed) => channel.postMessage(passed);
  const showAll = () => {
    const view = joinViews([...views.values()]);
    if (reading && stream && view) outside.putView(stream, view);
  };
  const take = (message: LiveMessage) => {
    if (message.kind === 'events') seq = message.entry.seq;
    if (message.kind === 'reset') seq = message.seq;
    if (message.kind === 'hello') {
      seq ??= message.hello.seq;
      stream = message.hello.stream;
      showAll();
    }
    outside.message(message);
  };
  const become = (now: Connection) => {
    connection = now;
    outside.connection(now);
  };
  const setView = (tab: string, view: Box | null) => {
    if (view) views.set(tab, view);
    else views.delete(tab);
    showAll();
  };

  channel.onmessage = (event: MessageEvent<Passed>) => {
    const passed = event.data;
    if (passed.what === 'view') setView(passed.tab, passed.view);
    if (passed.what === 'message' && !reading) take(passed.message);
    if (passed.what === 'connection' && !reading) become(passed.connection);
    if (passed.what === 'ask') {
      if (reading) pass({ what: 'connection', connection });
      pass({ what: 'view', tab: outside.tab, view: views.get(outside.tab) ?? null });
    }
  };

  const read = async () => {
    reading = true;
    pass({ what: 'ask' });
    await readUntil(stop.signal, outside, () => seq, {
      message(message) {
        take(message);
        pass({ what: 'message', message });
      },
      connection(now) {
        become(now);
        pass({ what: 'connection', connection: now });
      },
    });
  };
  pass({ what: 'ask' });
  if ('locks' in navigator) navigator.locks.request(NAME, { signal: stop.signal }, read).catch(() => undefined);
  else void read();

  return {
    setView(view) {
      setView(outside.tab, view);
      pass({ what: 'view', tab: outside.tab, view });
    },
    stop() {
      pass({ what: 'view', tab: outside.tab, view: null });
      stop.abort();
      channel.close();
    },
  };
}

type Ears = Pick<Outside, 'message' | 'connection'>;

/** Reads the stream, again and again, until told to stop or until the session is over. */
async function readUntil(signal: AbortSignal, outside: Outside, seq: () => number | null, ears: Ears): Promise<void> {
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    const from = seq();
    const heard = await readOnce(signal, from === null ? outside.url : `${outside.url}?after=${from}`, ears);
    if (signal.aborted) return;
    ears.connection('off');
    if (!(await outside.sessionHolds())) return ears.connection('ended');
    if (heard) attempt = 0;
    await wait(backoffMs(attempt, Math.random()), signal);
  }
}

/** Reads one connection to its end and says whether anything was heard. The number is put in the address, because a new
 *  EventSource cannot be given a header; its own retries would start from an old number. */
function readOnce(signal: AbortSignal, url: string, ears: Ears): Promise<boolean> {
  return new Promise((resolve) => {
    const source = new EventSource(url, { withCredentials: true });
    let heard = false;
    const finish = () => {
      source.close();
      resolve(heard);
    };
    source.onopen = () => ears.connection('on');
    source.onerror = finish;
    for (const kind of KINDS) {
      source.addEventListener(kind, (event: MessageEvent<string>) => {
        heard = true;
        const message = readMessage(kind, event.data);
        if (message) ears.message(message);
      });
    }
    signal.addEventListener('abort', finish, { once: true });
  });
}

function wait(span_ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, span_ms);
    const stop = () => {
      clearTimeout(timer);
      resolve();
    };
    signal.addEventListener('abort', stop, { once: true });
  });
}
