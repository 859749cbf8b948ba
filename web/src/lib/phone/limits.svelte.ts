// The limits of the SOP as the phone needs them for work done off line: read once, kept for the day without a network.
import { api, settle, type Api } from '../api/client';
import { keepCopy, keptCopy } from './outbox.svelte';

const NAMES = {
  install: 'install_limit_s',
  install_photos: 'install_photos_limit_s',
  removal: 'removal_limit_s',
  removal_photos: 'removal_photos_limit_s',
} as const satisfies Record<Api['Clock'], keyof Api['ClockLimits']>;

let limits = $state.raw<Api['ClockLimits'] | null>(null);

/** How long a clock may run; nothing while it is not known. */
export function limitMs(clock: Api['Clock']): number | null {
  return limits ? limits[NAMES[clock]] * 1000 : null;
}

/** Reads the limits in force. */
export async function learnLimits(): Promise<void> {
  if (limits) return;
  const answer = await settle(api.GET('/rulebook'));
  if (answer.ok) {
    const { editions, in_force } = answer.data;
    limits = editions.find((edition) => edition.number === in_force)?.clocks ?? null;
    if (limits) await keepCopy('limits', limits);
  } else limits = (await keptCopy<Api['ClockLimits']>('limits'))?.value ?? null;
}
