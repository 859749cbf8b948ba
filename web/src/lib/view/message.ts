// A message to SKP as a person repairs it: its facts as names and values, and the corrections worth sending.
import type { Api } from '../api/client';

/** The fields of the dialect that people mistype; others can be named too. */
export const FIELDS = [
  'nomorKontainer',
  'nomorESeal',
  'nomorPolisi',
  'nomorDokumen',
  'tanggalDokumen',
  'kodeDokumen',
  'kodeKantor',
  'kodeProvider',
] as const;

/** The corrections that say something, each field once: the last one counts. */
export function corrections(lines: readonly Api['Correction'][]): Api['Correction'][] {
  const said = lines
    .map(({ field, value }) => ({ field: field.trim(), value: value.trim() }))
    .filter(({ field, value }) => field !== '' && value !== '');
  return [...new Map(said.map((line) => [line.field, line])).values()];
}

/** The facts a message carries, as lines; what lies inside another is named by both names. */
export function factLines(envelope: unknown, inside = ''): { name: string; value: string }[] {
  if (typeof envelope !== 'object' || envelope === null) return [];
  return Object.entries(envelope).flatMap(([name, value]: [string, unknown]) => {
    const whole = inside === '' ? name : `${inside}.${name}`;
    if (value === null || value === undefined) return [];
    if (typeof value === 'object') return factLines(value, whole);
    return [{ name: whole, value: String(value) }];
  });
}
