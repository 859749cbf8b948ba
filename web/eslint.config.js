import svelte from 'eslint-plugin-svelte';
import typescript from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

export default typescript.config(
  { ignores: ['dist/', 'node_modules/', 'src/lib/api/types.gen.ts'] },
  ...typescript.configs.strict,
  ...svelte.configs.recommended,
  {
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      // The type checker already knows every name; this rule only knows the browser's by a list.
      'no-undef': 'off',
      // State holds maps that are replaced whole, never changed in place ($state.raw): they need no proxy.
      'svelte/prefer-svelte-reactivity': 'off',
      // Links are made by pathTo; there is no kit whose resolve() could be used.
      'svelte/no-navigation-without-resolve': 'off',
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: typescript.parser, svelteConfig } },
  },
);
