// What can be done next on a trip, sorted for the person who looks: what they may do now, what the SOP does not allow yet and
// why, and what waits for somebody else. The server alone decides; this only puts its answer in order.
import type { PlainKey } from '../i18n/catalogue';
import type { IconName } from '../ui/icons';
import type { Bilingual } from './view';

/** How a step is asked for: by words alone, by a form of its own, or on another page. */
type How = 'confirm' | 'remark' | 'reason' | 'form' | 'document' | 'route' | 'phone';

/** Who a step waits for. */
type Who = 'customs' | 'provider' | 'technician' | 'user';

type Look = {
  readonly label: PlainKey;
  readonly icon: IconName;
  readonly how: How;
  readonly who: Who;
  /** Moves the trip on; others are ways aside. */
  readonly main?: boolean;
  readonly danger?: boolean;
};

/** Every step the server can name, in the order of the SOP. */
export const STEPS = {
  submit_trip: { label: 'step.submit_trip', icon: 'document', how: 'confirm', who: 'user', main: true },
  attach_document: { label: 'step.attach_document', icon: 'document', how: 'form', who: 'user' },
  verify_document: { label: 'step.verify_document', icon: 'document', how: 'document', who: 'customs', main: true },
  refuse_document: { label: 'step.refuse_document', icon: 'refused', how: 'document', who: 'customs' },
  plan_trip: { label: 'step.plan_trip', icon: 'route', how: 'form', who: 'user', main: true },
  approve_route: { label: 'step.approve_route', icon: 'route', how: 'route', who: 'customs', main: true },
  refuse_route: { label: 'step.refuse_route', icon: 'refused', how: 'route', who: 'customs' },
  assign_seal: { label: 'step.assign_seal', icon: 'seal', how: 'form', who: 'provider', main: true },
  begin_install: { label: 'step.begin_install', icon: 'tool', how: 'phone', who: 'technician', main: true },
  release_seal: { label: 'step.release_seal', icon: 'back', how: 'reason', who: 'provider' },
  record_installed: { label: 'step.record_installed', icon: 'seal', how: 'reason', who: 'customs' },
  add_photo: { label: 'step.add_photo', icon: 'camera', how: 'phone', who: 'technician' },
  authorise_departure: {
    label: 'step.authorise_departure',
    icon: 'truck',
    how: 'remark',
    who: 'customs',
    main: true,
  },
  confirm_arrival: { label: 'step.confirm_arrival', icon: 'pin', how: 'reason', who: 'customs', main: true },
  check_seal: { label: 'step.check_seal', icon: 'eye', how: 'form', who: 'customs', main: true },
  decide_held_trip: { label: 'step.decide_held_trip', icon: 'scales', how: 'form', who: 'customs', main: true },
  grant_removal: { label: 'step.grant_removal', icon: 'key', how: 'form', who: 'customs', main: true },
  unlock: { label: 'step.unlock', icon: 'seal_open', how: 'phone', who: 'technician', main: true },
  record_opened: { label: 'step.record_opened', icon: 'seal_open', how: 'phone', who: 'technician' },
  vouch_place: { label: 'step.vouch_place', icon: 'pin', how: 'reason', who: 'customs' },
  revoke_grant: { label: 'step.revoke_grant', icon: 'close', how: 'reason', who: 'customs', danger: true },
  finish_removal: { label: 'step.finish_removal', icon: 'check', how: 'phone', who: 'technician', main: true },
  cancel_trip: { label: 'step.cancel_trip', icon: 'close', how: 'reason', who: 'user', danger: true },
} as const satisfies Record<string, Look>;

/** The name of a step. */
export type StepName = keyof typeof STEPS;

/** A step as the server offers it. */
export type Offered = {
  readonly command: string;
  readonly allowed: boolean;
  readonly refusal?: { readonly code: string; readonly say: Bilingual } | null;
};

/** A step with its look and, where it is not allowed, the reason. */
export type Step = { readonly name: StepName; readonly look: Look; readonly because: Bilingual | null };

/** Steps by what they mean to the reader. */
export type Sorted = {
  /** May be asked for now. */
  readonly open: readonly Step[];
  /** Would be theirs, but something must happen first. */
  readonly closed: readonly Step[];
  /** Not theirs: who it waits for. */
  readonly others: readonly Step[];
};

/** The refusals that mean "this is somebody else's". */
const NOT_MINE: ReadonlySet<string> = new Set(['role_may_not', 'not_yours', 'not_named']);

function isStep(name: string): name is StepName {
  return Object.hasOwn(STEPS, name);
}

/** Sorts what the server offers. Steps it names that we do not know are left to newer screens. */
export function sortSteps(offered: readonly Offered[]): Sorted {
  const known = offered.flatMap((each) => (isStep(each.command) ? [{ ...each, command: each.command }] : []));
  const step = ({ command, refusal }: (typeof known)[number]): Step => ({
    name: command,
    look: STEPS[command],
    because: refusal?.say ?? null,
  });
  const foreign = (each: Offered) => !each.allowed && NOT_MINE.has(each.refusal?.code ?? '');
  return {
    open: known.filter((each) => each.allowed).map(step),
    closed: known.filter((each) => !each.allowed && !foreign(each)).map(step),
    // A way aside that somebody else could take is nothing one waits for.
    others: known
      .filter(foreign)
      .map(step)
      .filter((each) => each.look.main),
  };
}

/** The fifteen numbers of the SOP, each with the state that people know it by. */
export const SOP_STATES = [
  'draft',
  'awaiting_document',
  'submitted',
  'route_approved',
  'assigned',
  'installing',
  'installed',
  'ready_to_depart',
  'in_transit',
  'arrived',
  'seal_check',
  'removal_granted',
  'removing',
  'removed',
  'completed',
] as const;
