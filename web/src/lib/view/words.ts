// Measures as people read them.
import type { Api } from '../api/client';
import { language, say } from '../i18n/language.svelte';

/** `12,4 km`, or `820 m` below one kilometre. */
export function kilometres(metres: number): string {
  if (metres < 1000) return say('unit.m', { n: Math.round(metres) });
  const n = (metres / 1000).toLocaleString(language() === 'id' ? 'id-ID' : 'en-GB', { maximumFractionDigits: 1 });
  return say('unit.km', { n });
}

/** `1 jam 20 mnt`, for plans. */
export function duration(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return say('unit.minutes', { n: minutes });
  return say('unit.hours', { h: Math.floor(minutes / 60), m: minutes % 60 });
}

/** The part of the way a trip has behind it, 0 to 1; nothing where it is not known. */
export function partOfWay(trip: Pick<Api['TripSummary'], 'progress_m' | 'distance_m'>): number | null {
  const [progress_m, distance_m] = [trip.progress_m, trip.distance_m ?? 0];
  return typeof progress_m === 'number' && 0 < distance_m ? Math.min(1, Math.max(0, progress_m / distance_m)) : null;
}
