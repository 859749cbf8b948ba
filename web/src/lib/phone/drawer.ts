// The phone's drawer: what must outlive a reload and a day without network lies in IndexedDB. Where the browser closes it to
// us (private windows, policy) it is kept in memory, and the screen says so: a photo that can be lost must not look safe.
import type { Work } from './work';

/** Something the server said, kept to be shown without it. */
export type Kept<Value> = { readonly person: number; readonly read_ms: number; readonly value: Value };

/** Where work and copies lie. */
export type Drawer = {
  /** It survives a reload. */
  readonly durable: boolean;
  allWork(): Promise<Work[]>;
  /** Puts new or changed work in; with its bytes where it is a new photo, both or neither. */
  putWork(work: Work, bytes?: Blob): Promise<void>;
  bytesOf(id: string): Promise<Blob | null>;
  /** Lets the bytes go; the work stays. */
  dropBytes(id: string): Promise<void>;
  dropWork(id: string): Promise<void>;
  keep(name: string, kept: Kept<unknown>): Promise<void>;
  kept(name: string): Promise<Kept<unknown> | null>;
  forgetKept(): Promise<void>;
};

const NAME = 'segel.phone';
const VERSION = 1;
const STORES = ['work', 'bytes', 'kept'] as const;
type Store = (typeof STORES)[number];

/** Opens the drawer; a closed one is replaced by memory. */
export async function openDrawer(): Promise<Drawer> {
  try {
    return onDisk(await open());
  } catch {
    return inMemory();
  }
}

function open(): Promise<IDBDatabase> {
  return new Promise((done, fail) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => STORES.forEach((store) => request.result.createObjectStore(store));
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error ?? new Error('the drawer did not open'));
    request.onblocked = () => fail(new Error('an older page holds the drawer'));
  });
}

function onDisk(base: IDBDatabase): Drawer {
  const write = (stores: readonly Store[], act: (of: (store: Store) => IDBObjectStore) => void) =>
    new Promise<void>((done, fail) => {
      const transaction = base.transaction([...stores], 'readwrite', { durability: 'strict' });
      transaction.oncomplete = () => done();
      transaction.onabort = transaction.onerror = () => fail(transaction.error ?? new Error('the drawer is full'));
      act((store) => transaction.objectStore(store));
    });
  const read = <Value>(store: Store, ask: (from: IDBObjectStore) => IDBRequest<Value>) =>
    new Promise<Value>((done, fail) => {
      const request = ask(base.transaction(store).objectStore(store));
      request.onsuccess = () => done(request.result);
      request.onerror = () => fail(request.error ?? new Error('the drawer could not be read'));
    });
  return {
    durable: true,
    allWork: () => read<Work[]>('work', (from) => from.getAll()),
    putWork: (work, bytes) =>
      write(bytes ? ['work', 'bytes'] : ['work'], (of) => {
        of('work').put(work, work.id);
        if (bytes) of('bytes').put(bytes, work.id);
      }),
    bytesOf: async (id) => (await read<Blob | undefined>('bytes', (from) => from.get(id))) ?? null,
    dropBytes: (id) => write(['bytes'], (of) => void of('bytes').delete(id)),
    dropWork: (id) =>
      write(['work', 'bytes'], (of) => {
        of('work').delete(id);
        of('bytes').delete(id);
      }),
    keep: (name, kept) => write(['kept'], (of) => void of('kept').put(kept, name)),
    kept: async (name) => (await read<Kept<unknown> | undefined>('kept', (from) => from.get(name))) ?? null,
    forgetKept: () => write(['kept'], (of) => void of('kept').clear()),
  };
}

function inMemory(): Drawer {
  const [work, bytes, kept] = [new Map<string, Work>(), new Map<string, Blob>(), new Map<string, Kept<unknown>>()];
  return {
    durable: false,
    allWork: async () => [...work.values()],
    putWork: async (each, blob) => {
      work.set(each.id, each);
      if (blob) bytes.set(each.id, blob);
    },
    bytesOf: async (id) => bytes.get(id) ?? null,
    dropBytes: async (id) => void bytes.delete(id),
    dropWork: async (id) => {
      work.delete(id);
      bytes.delete(id);
    },
    keep: async (name, each) => void kept.set(name, each),
    kept: async (name) => kept.get(name) ?? null,
    forgetKept: async () => kept.clear(),
  };
}
