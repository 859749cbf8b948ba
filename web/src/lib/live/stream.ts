// What comes down the live stream, read with care: text from outside becomes one of four kinds, or nothing.
// Pure, so that every oddity has a test.
import type { Api } from '../api/client';
import { boxOf, type Box, type Place } from '../geo/geo';

/** What the messages say, as the API describes it. */
type Entry = Api['LiveEntry'];

/** One message of the stream. */
export type LiveMessage =
  /** First on every connection: its name, under which the viewport is set, and the server's clock. */
  | { readonly kind: 'hello'; readonly hello: Api['LiveHello'] }
  /** Something durable happened; resumed from by its number. */
  | { readonly kind: 'events'; readonly entry: Entry }
  /** Where seals are now; newest wins, nothing is resumed. */
  | { readonly kind: 'positions'; readonly positions: Api['LivePositions'] }
  /** We were away too long: load afresh, go on from this number. */
  | { readonly kind: 'reset'; readonly seq: number };

/** The kinds of message there are. */
export const KINDS = ['hello', 'events', 'positions', 'reset'] as const;

/** Reads one message; nothing where it is not one of ours. */
export function readMessage(kind: string, text: string): LiveMessage | null {
  const data = parse(text);
  if (typeof data !== 'object' || data === null) return null;
  if (kind === 'hello' && has(data, 'stream', 'string') && has(data, 'now', 'string') && has(data, 'seq', 'number')) {
    return { kind, hello: data as Api['LiveHello'] };
  }
  if (kind === 'events' && has(data, 'seq', 'number') && Array.isArray((data as Partial<Entry>).happened)) {
    return { kind, entry: data as Entry };
  }
  if (kind === 'positions' && Array.isArray((data as Partial<Api['LivePositions']>).items)) {
    return { kind, positions: data as Api['LivePositions'] };
  }
  if (kind === 'reset' && has(data, 'seq', 'number')) return { kind, seq: (data as Api['LiveReset']).seq };
  return null;
}

function has(data: object, name: string, type: 'string' | 'number'): boolean {
  return typeof (data as Record<string, unknown>)[name] === type;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** How long to wait before the next attempt: doubling from one second to thirty, with a spread so that a thousand
 *  screens do not come back in the same moment. `chance` is 0 to 1. */
export function backoffMs(attempt: number, chance: number): number {
  const whole_ms = Math.min(30_000, 1000 * 2 ** Math.min(attempt, 10));
  return Math.round(whole_ms / 2 + (whole_ms / 2) * chance);
}

/** The smallest view that holds those of all tabs. */
export function joinViews(views: readonly Box[]): Box | null {
  return boxOf(
    views.flatMap(([west, south, east, north]): Place[] => [
      [west, south],
      [east, north],
    ]),
  );
}
