// The last line of a run, in words that a script can look for.
import type { Reporter, TestModule } from 'vitest/node';

/** Prints how many stories passed and failed. */
export function closingLine(): Reporter {
  return {
    onTestRunEnd(modules: readonly TestModule[]): void {
      const results = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result().state));
      const count = (state: string) => results.filter((each) => each === state).length;
      const broken = modules.filter((module) => module.errors().length > 0).length;
      console.log(`e2e: ${count('passed')} passed, ${count('failed') + broken} failed`);
    },
  };
}
