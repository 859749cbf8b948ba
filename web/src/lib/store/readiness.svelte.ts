// Why Segel takes no work right now, as state for the banner.
import type { Bilingual } from '../view/view';
import { watchReadiness, type Reply } from './readiness';

const state = $state<{ refusing: Bilingual | null }>({ refusing: null });

/** Why no work is taken; null where it is. */
export function refusing(): Bilingual | null {
  return state.refusing;
}

/** Asks as long as somebody is signed in; the answer stops that. Fits an `$effect`. */
export function followReadiness(): () => void {
  const stop = watchReadiness(ask, (reason) => (state.refusing = reason));
  return () => {
    stop();
    state.refusing = null;
  };
}

async function ask(): Promise<Reply> {
  const response = await fetch('/readyz', { cache: 'no-store' });
  return { status: response.status, body: await response.json().catch(() => null) };
}
