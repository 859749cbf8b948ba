import { defineConfig } from 'vitest/config';
import { closingLine } from './closing_line';

// Stories drive a real browser against the built program; `npm run e2e` runs them, never `npm test`.
export default defineConfig({
  test: {
    include: ['tests/e2e/**/*.story.ts'],
    environment: 'node',
    // A step that waits longer than this waits for something that will not come; a whole story has a hundred steps.
    testTimeout: 180_000,
    hookTimeout: 60_000,
    // Two browsers at once on two cores would make both late.
    fileParallelism: false,
    // The steps of a story stand on each other.
    bail: 1,
    reporters: ['default', closingLine()],
  },
});
