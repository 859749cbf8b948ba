// Short words about what just happened. Bad news stays until it is read; good news goes by itself.

/** One line to show. */
export type Toast = { readonly id: number; readonly tone: 'good' | 'bad' | 'info'; readonly text: string };

/** More than this and the oldest goes: they would cover the page. */
const MOST = 4;
const GOOD_NEWS_MS = 6000;

const state = $state<{ list: Toast[] }>({ list: [] });
let next_id = 1;

/** What is to be shown, oldest first. */
export function toasts(): readonly Toast[] {
  return state.list;
}

/** Shows a line. */
export function tell(tone: Toast['tone'], text: string): void {
  const toast = { id: next_id++, tone, text };
  state.list = [...state.list, toast].slice(-MOST);
  if (tone !== 'bad') setTimeout(() => dismiss(toast.id), GOOD_NEWS_MS);
}

/** Takes a line away. */
export function dismiss(id: number): void {
  state.list = state.list.filter((toast) => toast.id !== id);
}
