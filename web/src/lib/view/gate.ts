// What a user can do about a refusal of the gate. The server says what is wrong; this adds where to mend it.
import { isKey } from '../i18n/catalogue';

/** Whether there is a word of help for a refusal. */
export function gateHint(code: string): boolean {
  return isKey(`gate.${code}`);
}
