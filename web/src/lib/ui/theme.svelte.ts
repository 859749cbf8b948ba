// Light, dark, or as the system says. The root element always carries the result, so styles ask one question only.
import { recall, remember } from '../storage';

/** What a person can choose. */
export type Theme = 'system' | 'light' | 'dark';

const system_is_dark = matchMedia('(prefers-color-scheme: dark)');
const state = $state<{ theme: Theme; dark: boolean }>({ theme: read(), dark: false });

function read(): Theme {
  const kept = recall('segel.theme');
  return kept === 'light' || kept === 'dark' ? kept : 'system';
}

function show(): void {
  state.dark = state.theme === 'dark' || (state.theme === 'system' && system_is_dark.matches);
  document.documentElement.dataset.theme = state.dark ? 'dark' : 'light';
}

show();
system_is_dark.addEventListener('change', show);

/** What the person chose. */
export function theme(): Theme {
  return state.theme;
}

/** Whether the screen is dark now. */
export function isDark(): boolean {
  return state.dark;
}

/** Chooses, here and for the next visit. */
export function setTheme(theme: Theme): void {
  state.theme = theme;
  remember('segel.theme', theme === 'system' ? null : theme);
  show();
}
