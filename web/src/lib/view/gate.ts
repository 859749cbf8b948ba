// What a user can do before and after the gate. The server decides; this only offers what can pass and says where to mend.
import type { Api } from '../api/client';
import { isKey } from '../i18n/catalogue';

/** Whether there is a word of help for a refusal. */
export function gateHint(code: string): boolean {
  return isKey(`gate.${code}`);
}

/** Whether the request only waits for somebody else; then there is nothing the user could mend. */
export function gateWaits(code: string): boolean {
  return code === 'document_not_verified';
}

/** The lines of a document that may still back a trip: not used, and not left out by the officer. */
export function freeLines(document: Pick<Api['Document'], 'status' | 'lines'>): Api['DocumentLine'][] {
  const { status, lines } = document;
  if (status !== 'submitted' && status !== 'verified') return [];
  return lines.filter((line) => typeof line.trip !== 'number' && (status === 'submitted' || line.approved));
}
