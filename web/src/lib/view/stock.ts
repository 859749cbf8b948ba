// How a certificate stands, and what a seal in stock is fit for: the words of the stock list.

/** How a certificate stands today. */
export type CertificateStanding = 'none' | 'valid' | 'ending' | 'ended';

const DAY_MS = 86_400_000;
/** So long before its end a certificate is shown as ending: time enough to renew it. */
const ENDING_MS = 30 * DAY_MS;

/** How a certificate stands that holds through the day `valid_until` (`2027-06-30`), in the zone `utc_offset_h`. */
export function certificateStanding(valid_until: string | null, now_ms: number, utc_offset_h = 7): CertificateStanding {
  if (valid_until === null) return 'none';
  const end_ms = Date.parse(`${valid_until}T00:00:00Z`) + DAY_MS - utc_offset_h * 3_600_000;
  if (Number.isNaN(end_ms) || end_ms <= now_ms) return 'ended';
  return end_ms - now_ms <= ENDING_MS ? 'ending' : 'valid';
}

/** A charge below which a seal is shown as low, and below which as empty: the rulebook's own alarm limits. */
export function chargeTone(percent: number | null): 'none' | 'good' | 'low' | 'empty' {
  if (percent === null) return 'none';
  if (percent < 15) return 'empty';
  return percent < 30 ? 'low' : 'good';
}
