// Which language the person reads, and the one function that says a sentence in it.
import { fill, isKey, sentence, type Catalogue, type Filling, type Key } from './catalogue';
import { english } from './en';
import { indonesian } from './id';
import { recall, remember } from '../storage';

/** The languages of the screens. */
export type Language = 'id' | 'en';

const catalogues: Readonly<Record<Language, Catalogue>> = { id: indonesian, en: english };
const chosen = $state<{ language: Language }>({ language: recall('segel.language') === 'en' ? 'en' : 'id' });

/** The language now. */
export function language(): Language {
  return chosen.language;
}

/** Changes the language, here and at the next visit. */
export function setLanguage(language: Language): void {
  chosen.language = language;
  document.documentElement.lang = language;
  remember('segel.language', language);
}

/** Says a sentence: `say('age.minutes', { n: 4 })`. */
export function say<Name extends Key>(name: Name, ...filling: Filling<Name>): string {
  return fill(catalogues[chosen.language][name], filling[0]);
}

/** Says a sentence whose name is made of data (`alarm.A01`); what has no sentence is shown as it came. */
export function sayData(group: string, value: string): string {
  const name = `${group}.${value}`;
  return isKey(name) ? catalogues[chosen.language][name] : value;
}

/** The right one of a sentence the server sent in both languages. */
export function sayEither(both: { readonly id: string; readonly en: string }): string {
  return sentence(both[chosen.language]);
}
