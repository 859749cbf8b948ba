// Whether Segel takes work. Where it does not (the disk is nearly full, it is stopping), people must hear so before they
// have typed a form: the page asks from time to time, and sooner while the answer is no.
import { readProblem } from '../api/problem';
import type { Bilingual } from '../view/view';

/** How often it is asked while work is taken, and while it is not. */
const ASKED_EVERY_MS = { ready: 15_000, refusing: 3_000 } as const;

/** What the server answered; null where it did not answer, which the connection's own mark says. */
export type Reply = { readonly status: number; readonly body: unknown } | null;

/** Why no work is taken; null where it is taken, or where somebody else than Segel answers. */
export function reasonOf(reply: Reply): Bilingual | null {
  if (reply === null || (reply.status !== 503 && reply.status !== 507)) return null;
  const problem = readProblem(reply.status, reply.body);
  return problem.code.startsWith('http_') ? null : problem.say;
}

/** Asks until it is stopped, and tells the reason each time. The answer stops it. */
export function watchReadiness(ask: () => Promise<Reply>, tell: (reason: Bilingual | null) => void): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let stopped = false;
  const look = async () => {
    const reason = reasonOf(await ask().catch(() => null));
    if (stopped) return;
    tell(reason);
    timer = setTimeout(() => void look(), reason ? ASKED_EVERY_MS.refusing : ASKED_EVERY_MS.ready);
  };
  void look();
  return () => {
    stopped = true;
    if (timer) clearTimeout(timer);
  };
}
