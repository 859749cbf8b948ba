// How a seal may be opened under a grant, and cards that may open it, as typed: ten digits each, parted by anything that is no digit.
import { api, settle, type Api } from '../api/client';

/** A way of opening. */
export type Way = Api['Way'];

/** The ways of a trip's seal: by hand alone where the trip claims no lock, all where nobody can say. */
export async function waysOf(trip: Api['Trip']): Promise<readonly Way[]> {
  if (trip.mode === 'cargo_tracker' || !trip.seal) return ['by_hand'];
  const answer = await settle(api.GET('/seals/{id}', { params: { path: { id: trip.seal.id } } }));
  return answer.ok ? answer.data.opened_by : ['command', 'card', 'dynamic_password', 'by_hand'];
}

/** Digits of a card's number. */
const CARD_DIGITS = 10;

/** The card numbers in a text, and what is none; a card named twice is one. */
export function cardNumbers(text: string): { good: string[]; bad: string[] } {
  const parts = [...new Set(text.split(/[\s,;]+/).filter((part) => part !== ''))];
  const isCard = (part: string) => part.length === CARD_DIGITS && /^\d+$/.test(part);
  return { good: parts.filter(isCard), bad: parts.filter((part) => !isCard(part)) };
}
