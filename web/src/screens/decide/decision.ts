// What every decision form of an officer is given.
import type { Answer, Problem } from '../../lib/api/problem';

/** Takes the answer of a decision, says that it is done, and gives a refusal back to the form. */
export type Done = (answer: Answer<unknown>, words: string) => Promise<Problem | null>;
