// Which orders a seal's page offers: the server says what the seal has words for and this person may send. Pure.
import type { Api } from '../api/client';

export type OrderKind = Api['NewOrder']['kind'];

/** Orders with something to choose or to say, in the order in which the form lists them. */
const IN_FORM: readonly OrderKind[] = [
  'interval',
  'track',
  'always_awake',
  'text',
  'confirm_alarm',
  'fence',
  'clear_fence',
  'set_time',
  'dynamic_password',
  'rotate_password',
  'withdraw_cards',
  'channels',
];

/** The orders of the form that the seal takes. */
export function kindsInForm(offered: readonly string[]): OrderKind[] {
  return IN_FORM.filter((kind) => offered.includes(kind));
}

/** A trip's destination as an area that a seal watches over; the seal's fence number 1 is ours. */
export function fenceAround(area: Api['Area']): Extract<Api['NewOrder'], { kind: 'fence' }> {
  return { kind: 'fence', number: 1, shape: area.shape };
}

/** The same, to be forgotten again. */
export function fenceGone(sort: Api['FenceSort']): Extract<Api['NewOrder'], { kind: 'clear_fence' }> {
  return { kind: 'clear_fence', number: 1, sort };
}
