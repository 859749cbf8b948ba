// The typed catalogue: which sentences exist, which gaps each has, and how they are filled. Knows no DOM.
import { indonesian } from './id';

/** The name of a sentence. */
export type Key = keyof typeof indonesian;

/** A whole language: a missing or a surplus key does not compile. */
export type Catalogue = Readonly<Record<Key, string>>;

type Gaps<Text extends string> = Text extends `${string}{${infer Gap}}${infer Rest}` ? Gap | Gaps<Rest> : never;

/** What must be given with a sentence: nothing, or a value for each of its gaps. */
export type Filling<Name extends Key> =
  Gaps<(typeof indonesian)[Name]> extends never
    ? []
    : [values: Readonly<Record<Gaps<(typeof indonesian)[Name]>, string | number>>];

/** The name of a sentence without gaps. */
export type PlainKey = { [Name in Key]: Filling<Name> extends [] ? Name : never }[Key];

/** The names of the gaps of a sentence, in order. */
export function gaps(sentence: string): string[] {
  return [...sentence.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
}

/** Fills the gaps of a sentence; a gap without a value stays visible rather than vanishing. */
export function fill(sentence: string, values: Readonly<Record<string, string | number>> = {}): string {
  return sentence.replace(/\{(\w+)\}/g, (gap, name: string) => String(values[name] ?? gap));
}

/** Whether a text made at run time (`alarm.${code}`) names a sentence. */
export function isKey(text: string): text is Key {
  return Object.hasOwn(indonesian, text);
}

/** A sentence as people read it: the server's reasons begin small, because they also stand inside other sentences. */
export function sentence(words: string): string {
  const [first = ''] = words;
  return first.toUpperCase() + words.slice(first.length);
}
