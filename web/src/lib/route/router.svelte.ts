// Where the person is: the browser's address, as state. Plain links work; this only saves the reload.
import { pathTo, placeOf, type Place, type Screen } from './pattern';

const state = $state<{ place: Place; query: URLSearchParams }>({
  place: placeOf(location.pathname),
  query: new URLSearchParams(location.search),
});

function read(): void {
  state.place = placeOf(location.pathname);
  state.query = new URLSearchParams(location.search);
}

/** The screen now and what its path says. */
export function place(): Place {
  return state.place;
}

/** A value of the address's query. */
export function query(name: string): string | null {
  return state.query.get(name);
}

/** Goes somewhere. `replace` leaves no step to go back to. */
export function go(path: string, how: 'push' | 'replace' = 'push'): void {
  if (how === 'push') history.pushState(null, '', path);
  else history.replaceState(null, '', path);
  read();
  if (how === 'push') arrive();
}

/** Goes to a screen. */
export function goTo(screen: Screen, params: Readonly<Record<string, string>> = {}): void {
  go(pathTo(screen, params));
}

/** A new screen begins at its top, with the keyboard at its beginning. */
function arrive(): void {
  scrollTo(0, 0);
  requestAnimationFrame(() => document.querySelector<HTMLElement>('main')?.focus({ preventScroll: true }));
}

/** Lets plain links inside the app change the screen without a reload; anything unusual is left to the browser. */
export function followLinks(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (!link || link.target !== '' || link.hasAttribute('download') || link.origin !== location.origin) return;
  if (link.pathname.startsWith('/api/') || (link.hash !== '' && link.pathname === location.pathname)) return;
  event.preventDefault();
  go(link.pathname + link.search);
}

addEventListener('popstate', read);
