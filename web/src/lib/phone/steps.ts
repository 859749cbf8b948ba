// Where a technician stands on a trip: one step at a time, with what the phone has done but not yet told counted in.
import type { Api } from '../api/client';
import type { Work } from './work';

/** The steps of a job, in order; the first nine are the technician's own or waited for, the rest say why there is none. */
export type Step =
  | 'scan'
  | 'lock'
  | 'install_photos'
  | 'await_departure'
  | 'await_grant'
  | 'unlock'
  | 'remove'
  | 'removal_photos'
  | 'done'
  | 'not_yet'
  | 'held'
  | 'over';

/** The four stations that the phone shows as a row. */
export const STATIONS = ['scan', 'lock', 'photos', 'done'] as const;

const STEPS: Readonly<Record<Api['TripState'], Step>> = {
  draft: 'not_yet',
  awaiting_document: 'not_yet',
  manual_verification: 'not_yet',
  submitted: 'not_yet',
  route_proposed: 'not_yet',
  route_approved: 'not_yet',
  assigned: 'scan',
  installing: 'lock',
  installed: 'install_photos',
  ready_to_depart: 'await_departure',
  in_transit: 'await_grant',
  arrived: 'await_grant',
  seal_check: 'await_grant',
  compromised: 'held',
  removal_granted: 'unlock',
  removing: 'remove',
  removed: 'removal_photos',
  completed: 'done',
  refused: 'over',
  cancelled: 'over',
  expired: 'over',
};

/** The step now. What was done off line moves it on; what the server refused does not. */
export function stepOf(state: Api['TripState'], work: readonly Work[]): Step {
  const step = STEPS[state];
  if (step === 'scan' && isPending(work, 'begin_install')) return 'lock';
  if (step === 'remove' && isPending(work, 'finish_removal')) return 'removal_photos';
  return step;
}

/** Whether a command was done here and waits to be sent. */
export function isPending(work: readonly Work[], name: string): boolean {
  return work.some((each) => each.what.kind === 'command' && each.what.name === name && each.stage === 'queued');
}

/** Which half of the job a step belongs to. */
export function halfOf(step: Step): 'install' | 'removal' | null {
  if (step === 'scan' || step === 'lock' || step === 'install_photos') return 'install';
  if (step === 'unlock' || step === 'remove' || step === 'removal_photos') return 'removal';
  return null;
}

/** How urgent a job is in the list: what runs against a clock, then what can be begun, then what waits, then what is over. */
export function rankOf(step: Step): number {
  const order: readonly (readonly Step[])[] = [
    ['lock', 'install_photos', 'remove', 'removal_photos'],
    ['unlock', 'scan'],
    ['held', 'await_departure', 'await_grant', 'not_yet'],
    ['done', 'over'],
  ];
  return order.findIndex((steps) => steps.includes(step));
}

/** A place where a photo belongs, and what is there. */
export type Slot = {
  readonly step: Api['PhotoStep'];
  readonly shows: Api['PhotoKind'];
  /** The stored photo. */
  readonly photo: number | null;
  /** What the phone still has to send, or was refused. */
  readonly work: Work | null;
};

/** The required set of a step with what is stored and what is on the phone. The newest piece of work wins. */
export function slotsOf(set: readonly Api['PhotoSlot'][], step: Api['PhotoStep'], work: readonly Work[]): Slot[] {
  return set
    .filter((slot) => slot.step === step)
    .map(({ kind, photo }) => {
      const mine = work.filter(
        (each) => each.what.kind === 'photo' && each.what.step === step && each.what.shows === kind,
      );
      const newest = mine.reduce<Work | null>((last, each) => (last && each.order < last.order ? last : each), null);
      return { step, shows: kind, photo: photo ?? null, work: newest };
    });
}

/** Whether every slot has a photo, here or there. */
export function allTaken(slots: readonly Slot[]): boolean {
  return takenOf(slots) === slots.length;
}

/** How many slots have a photo, here or there; a refused one is none. */
export function takenOf(slots: readonly Slot[]): number {
  return slots.filter((slot) => slot.photo !== null || (slot.work !== null && slot.work.stage !== 'refused')).length;
}
