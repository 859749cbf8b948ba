// The service worker: the app opens without a network. It keeps the built files and nothing of the server's data; what a
// person may see off line is kept by the app itself, under that person's name, in drawer.ts.
//
// The build writes the list of files and its hash in place of the two marks, so that each build has a cache of its own.

const VERSION = '__VERSION__';
/** What opens the app. Larger files (the map) are kept when they are first used. */
const FILES = '__FILES__';
const CACHE = `segel ${VERSION}`;
/** A slow network is no better than none for somebody who stands in the rain. */
const PATIENCE_MS = 4000;

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(FILES))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener('activate', (event) => {
  event.waitUntil(forgetOlder().then(() => self.clients.claim()));
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin || url.pathname.startsWith('/api/')) return;
  if (request.mode === 'navigate') event.respondWith(page(request));
  else if (url.pathname.startsWith('/assets/') || FILES.includes(url.pathname)) event.respondWith(file(request));
});

async function forgetOlder() {
  const names = await caches.keys();
  await Promise.all(
    names.filter((name) => name.startsWith('segel ') && name !== CACHE).map((name) => caches.delete(name)),
  );
}

/** The newest page where the network gives it in time; else the one that was kept. */
async function page(request) {
  const cache = await caches.open(CACHE);
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PATIENCE_MS);
  try {
    const answer = await fetch(request.url, { signal: stop.signal, credentials: 'same-origin' });
    if (answer.ok) return answer;
  } catch {
    // No network, or too slow.
  } finally {
    clearTimeout(timer);
  }
  return (await cache.match('/')) ?? Response.error();
}

/** Built files never change under their name, so the kept one is as good as the server's. */
async function file(request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request.url);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) await cache.put(request.url, answer.clone());
  return answer;
}
