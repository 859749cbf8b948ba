// The one ticking clock of the page: everything that shows an age or a countdown reads it, so all of them move together.
// It follows the server's clock: the offset is learned from answers, because an officer's PC may be minutes wrong.
import { recall, remember } from '../storage';
import { ZONES, type Zone } from './time';

const TICK_MS = 1000;
/** Smaller offsets are the network's, not the clock's. */
const OFFSET_WORTH_KEEPING_MS = 1500;

const state = $state<{ now_ms: number; offset_ms: number; zone: Zone }>({
  now_ms: Date.now(),
  offset_ms: 0,
  zone: readZone(),
});

function readZone(): Zone {
  const kept = recall('segel.zone');
  return kept !== null && kept in ZONES ? (kept as Zone) : 'WIB';
}

function tick(): void {
  state.now_ms = Date.now() + state.offset_ms;
}

setInterval(tick, TICK_MS);
document.addEventListener('visibilitychange', tick);

/** The server's time now, to the second. Reading it in a component makes the component tick. */
export function now(): number {
  return state.now_ms;
}

/** Learns the server's time from an answer that just came. */
export function learnServerTime(server_ms: number): void {
  const offset_ms = server_ms - Date.now();
  if (Math.abs(offset_ms - state.offset_ms) < OFFSET_WORTH_KEEPING_MS) return;
  state.offset_ms = offset_ms;
  tick();
}

/** The zone times are shown in. */
export function zone(): Zone {
  return state.zone;
}

/** Chooses the zone, here and for the next visit. */
export function setZone(zone: Zone): void {
  state.zone = zone;
  remember('segel.zone', zone);
}
