// Container numbers by ISO 6346, for the feedback while somebody types and for the gate without a network.
// The server asks the same again; where the two could differ, the server is right.

/** What is wrong with the form of a number. */
export type Fault = 'length' | 'owner' | 'category' | 'digits';

/** What was read of a typed number. */
export type Reading = {
  /** In capitals without spaces; nothing while the form is wrong. */
  readonly number: string | null;
  readonly fault: Fault | null;
  readonly check_digit_holds: boolean;
  readonly expected_check_digit: number | null;
};

const LENGTH = 11;

/** Capitals without the spaces, dashes and slashes that people type. */
export function tidy(typed: string): string {
  return typed.replace(/[\s/-]/g, '').toUpperCase();
}

/** Reads a number as people type it. */
export function readContainer(typed: string): Reading {
  const text = tidy(typed);
  const fault = faultOf(text);
  if (fault) return { number: null, fault, check_digit_holds: false, expected_check_digit: null };
  const expected = expectedCheckDigit(text);
  return {
    number: text,
    fault: null,
    check_digit_holds: Number(text[LENGTH - 1]) === expected,
    expected_check_digit: expected,
  };
}

/** `CSQU 305438 3`, the way it is painted on the door: so it is shown everywhere, or nobody could compare. */
export function painted(number: string): string {
  const text = tidy(number);
  return `${text.slice(0, 4)} ${text.slice(4, 10)} ${text.slice(10)}`.trim();
}

function faultOf(text: string): Fault | null {
  if (text.length !== LENGTH) return 'length';
  if (!/^[A-Z]{3}/.test(text)) return 'owner';
  if (!/^[UJZ]$/.test(text[3] ?? '')) return 'category';
  return /^\d{7}$/.test(text.slice(4)) ? null : 'digits';
}

/** The sum of each value times two to its place, by eleven; ten counts as zero. */
function expectedCheckDigit(text: string): number {
  const sum = [...text.slice(0, 10)].reduce((sum, sign, place) => sum + valueOf(sign) * 2 ** place, 0);
  return (sum % 11) % 10;
}

/** A is 10; 11, 22 and 33 are left out. */
function valueOf(sign: string): number {
  if (/\d/.test(sign)) return Number(sign);
  const step = sign.charCodeAt(0) - 'A'.charCodeAt(0);
  return 10 + step + Math.ceil(step / 10);
}
