// The types of the API are generated from its document; whoever changed one without the other hears of it here.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

const WEB = resolve(import.meta.dirname, '..');

test('types.gen.ts is what schemas/openapi.json says; `make bless` renews it', () => {
  const tool = resolve(WEB, 'node_modules/.bin/openapi-typescript');
  const made = execFileSync(tool, ['../schemas/openapi.json'], { cwd: WEB, encoding: 'utf8' });
  const kept = readFileSync(resolve(WEB, 'src/lib/api/types.gen.ts'), 'utf8');
  expect(kept.trim() === made.trim()).toBe(true);
}, 30_000);
