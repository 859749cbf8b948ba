// Which photo of the installation is looked at beside which photo of the removal.
import type { Api } from '../api/client';

/** The two sides of a comparison; either may have no required photo. */
type Pair = readonly [install: Api['PhotoKind'] | null, removal: Api['PhotoKind'] | null];

/** What shows the same thing before and after. */
const PAIRS: readonly Pair[] = [
  ['seal_close_up', 'seal_before_opening'],
  ['door_with_number', 'door_after_removal'],
  ['locking_rods', 'device_condition'],
  ['truck_with_plate', null],
  ['bolt_seal', null],
  ['other', 'other'],
];

/** One side: what should be seen, and the photo where there is one. */
export type Side = { readonly kind: Api['PhotoKind']; readonly required: boolean; readonly photo: Api['Photo'] | null };
/** Two sides. */
export type PhotoRow = { readonly install: Side | null; readonly removal: Side | null };

function newest(photos: readonly Api['Photo'][], step: Api['PhotoStep'], kind: Api['PhotoKind']): Api['Photo'] | null {
  return photos.findLast((photo) => photo.step === step && photo.kind === kind && !photo.rejected) ?? null;
}

/** The rows of the comparison: every required photo, there or missing, and every further kind that is there. */
export function photoRows(slots: readonly Api['PhotoSlot'][], photos: readonly Api['Photo'][]): PhotoRow[] {
  const side = (step: Api['PhotoStep'], kind: Api['PhotoKind'] | null): Side | null => {
    if (kind === null) return null;
    const required = slots.some((slot) => slot.step === step && slot.kind === kind);
    const photo = newest(photos, step, kind);
    return required || photo ? { kind, required, photo } : null;
  };
  return PAIRS.map(([install, removal]) => ({
    install: side('install', install),
    removal: side('removal', removal),
  })).filter((row) => row.install !== null || row.removal !== null);
}

/** Photos that no row shows: the rejected ones, and those that a newer one replaced. */
export function otherPhotos(rows: readonly PhotoRow[], photos: readonly Api['Photo'][]): Api['Photo'][] {
  const shown = new Set(rows.flatMap((row) => [row.install?.photo?.id, row.removal?.photo?.id]));
  return photos.filter((photo) => !shown.has(photo.id));
}
