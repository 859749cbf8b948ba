// What a phone has done and not yet told: commands and photos, kept until the server has them. Pure: which one goes next,
// and what an answer means. The disk is in drawer.ts, the sending in outbox.svelte.ts.
//
// The order matters to the SOP: no photo of a trip is sent before the command that it follows, or the server would refuse it.
import type { Api } from '../api/client';
import type { Problem } from '../api/problem';

/** A command that waits, as it will be sent. */
export type CommandWork = {
  readonly kind: 'command';
  /** Its name, as the API has it: `begin_install`. */
  readonly name: string;
  readonly path: string;
  readonly body: unknown;
};

/** A photo that waits; its bytes lie in the drawer under the same name. */
export type PhotoWork = {
  readonly kind: 'photo';
  readonly step: Api['PhotoStep'];
  readonly shows: Api['PhotoKind'];
  readonly bytes: number;
  readonly sha256: string | null;
  /** The server's name of the upload, once it has begun. */
  readonly upload: string | null;
  /** How many bytes the server has. */
  readonly sent: number;
};

/** One piece of work. */
export type Work = {
  /** Its name here and its idempotency key there. */
  readonly id: string;
  /** Place in the order in which things were done. */
  readonly order: number;
  readonly person: number;
  readonly trip: number;
  readonly what: CommandWork | PhotoWork;
  /** When it was done, by the phone's clock. */
  readonly done_ms: number;
  readonly stage: 'queued' | 'stored' | 'refused';
  readonly attempts: number;
  /** Not to be tried before. */
  readonly not_before_ms: number;
  readonly problem: Problem | null;
};

/** More than this and the phone asks to send first: a week's work of one technician. */
export const MOST_WORK = 200;
/** Bytes sent at once: small enough for a bad network, and the server takes at most 4 MiB. */
export const PIECE_BYTES = 512 * 1024;
/** Stored work is shown for so long, then forgotten. */
export const SHOWN_MS = 15 * 60_000;

/** What goes next for a person at a moment; nothing where nothing can. */
export function nextOf(all: readonly Work[], person: number, now_ms: number): Work | null {
  const theirs = inOrder(all).filter((work) => work.person === person && work.stage !== 'stored');
  return theirs.find((work) => isReady(work, theirs, now_ms)) ?? null;
}

function isReady(work: Work, theirs: readonly Work[], now_ms: number): boolean {
  return work.stage === 'queued' && work.not_before_ms <= now_ms && holderOf(work, theirs) === null;
}

/** The unfinished command before it on the same trip, for which it must wait. */
export function holderOf(work: Work, all: readonly Work[]): Work | null {
  const before = all.filter(
    (other) =>
      other.trip === work.trip &&
      other.person === work.person &&
      other.order < work.order &&
      other.what.kind === 'command' &&
      other.stage !== 'stored',
  );
  return inOrder(before)[0] ?? null;
}

/** When something may be tried that cannot be now; nothing where nothing waits for a moment. */
export function wakeAt(all: readonly Work[], person: number): number | null {
  const theirs = all.filter((work) => work.person === person && work.stage === 'queued');
  const moments = theirs.filter((work) => holderOf(work, all) === null).map((work) => work.not_before_ms);
  return moments.length === 0 ? null : Math.min(...moments);
}

/** The work in the order in which it was done. */
export function inOrder(all: readonly Work[]): Work[] {
  return [...all].sort((a, b) => a.order - b.order);
}

/** Whether a refused request may succeed later just as it is. */
export function passes(problem: Problem): boolean {
  const { status } = problem;
  return status === 0 || status === 401 || status === 408 || status === 425 || status === 429 || 500 <= status;
}

/** The work after an attempt that did not succeed. `chance` is 0 to 1. */
export function afterProblem(work: Work, problem: Problem, now_ms: number, chance: number): Work {
  if (!passes(problem)) return { ...work, stage: 'refused', problem };
  const attempts = work.attempts + 1;
  return { ...work, attempts, problem, not_before_ms: now_ms + waitMs(attempts, chance) };
}

/** Doubling from two seconds to a minute, with a spread. */
function waitMs(attempts: number, chance: number): number {
  const whole_ms = Math.min(60_000, 1000 * 2 ** Math.min(attempts, 10));
  return Math.round(whole_ms / 2 + (whole_ms / 2) * chance);
}

/** The work once the server has it. */
export function afterStored(work: Work, now_ms: number): Work {
  return { ...work, stage: 'stored', problem: null, not_before_ms: now_ms };
}

/** The photo after a piece has arrived; what the server says it has is what counts. */
export function afterPiece(work: Work, upload: Api['Upload'], now_ms: number): Work {
  if (work.what.kind !== 'photo') return work;
  const what = { ...work.what, upload: upload.id, sent: upload.offset };
  const moved = { ...work, what, attempts: 0, problem: null };
  return upload.photo ? afterStored(moved, now_ms) : moved;
}

/** The photo whose upload the server no longer knows: it begins again. */
export function afterLost(work: Work): Work {
  return work.what.kind === 'photo' ? { ...work, what: { ...work.what, upload: null, sent: 0 } } : work;
}

/** Refused or waiting work, tried again now because a person asks for it. */
export function again(work: Work): Work {
  return { ...work, stage: 'queued', attempts: 0, not_before_ms: 0, problem: null };
}

/** Whether there is no more reason to keep it. */
export function isOver(work: Work, now_ms: number): boolean {
  return work.stage === 'stored' && SHOWN_MS < now_ms - work.not_before_ms;
}

/** How much of it the server has, 0 to 1. */
export function share(work: Work): number {
  if (work.stage === 'stored') return 1;
  return work.what.kind === 'photo' && 0 < work.what.bytes ? work.what.sent / work.what.bytes : 0;
}
