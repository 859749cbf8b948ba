// The one search: what the server found, as lines of the search box.
import { pathTo } from '../route/pattern';
import type { Found } from '../ui/SearchBox.svelte';
import { api, settle } from './client';

const LOOKS = {
  trip: { kind: 'search.kind.trip', icon: 'container', screen: 'trip' },
  seal: { kind: 'search.kind.seal', icon: 'seal', screen: 'seal' },
  document: { kind: 'search.kind.document', icon: 'document', screen: 'document' },
} as const;

/** Searches container, seal, document and plate. */
export async function find(words: string, signal: AbortSignal): Promise<readonly Found[]> {
  const answer = await settle(api.GET('/search', { params: { query: { q: words } }, signal }));
  if (!answer.ok) return [];
  return answer.data.map((found) => {
    const { kind, icon, screen } = LOOKS[found.kind];
    const href = pathTo(screen, { id: String(found.id) });
    return { id: `${found.kind} ${found.id}`, kind, icon, title: found.label, text: found.detail, href };
  });
}
