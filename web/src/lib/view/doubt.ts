// Why a seal's name is doubted. The gateway writes it in English, with its figures; who reads Indonesian gets it so.
import type { Language } from '../i18n/language.svelte';

/** What the gateway says, and the same in Indonesian; `$1` and `$2` are its figures. */
const SAID: readonly (readonly [RegExp, string])[] = [
  [/^its modem has another IMEI than before$/, 'IMEI modemnya berbeda dari sebelumnya'],
  [/^two connections are (\d+) km apart after (\d+) s$/, 'dua sambungan berjarak $1 km dalam $2 dtk'],
];

/** The reason in a language; one that is not known stays as it was written. */
export function doubtIn(language: Language, why: string): string {
  if (language === 'en') return why;
  const known = SAID.find(([pattern]) => pattern.test(why));
  return known ? why.replace(known[0], known[1]) : why;
}
