// How each severity looks: a shape of its own, so that colour is never the only signal.
import type { IconName } from './icons';

/** Gravest first. */
export const SEVERITIES = ['S1', 'S2', 'S3', 'S4'] as const;
/** How grave. */
export type Severity = (typeof SEVERITIES)[number];

/** Its shape: eight corners, three, four, none. */
export const SEVERITY_ICON: Readonly<Record<Severity, IconName>> = {
  S1: 'octagon',
  S2: 'alarm',
  S3: 'diamond',
  S4: 'circle',
};

/** Puts the gravest first, and among equals the oldest. */
export function byGravity(
  a: { readonly severity: Severity; readonly raised_ms: number },
  b: { readonly severity: Severity; readonly raised_ms: number },
): number {
  return a.severity.localeCompare(b.severity) || a.raised_ms - b.raised_ms;
}
