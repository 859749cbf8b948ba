// The built program itself, in a folder of its own and on ports the system chose.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** A running Segel: where its doors are and how the first people come in. */
export type Server = {
  readonly people: string;
  readonly jointech: { readonly host: string; readonly port: number };
  readonly customs_code: string;
  readonly provider_code: string;
  readonly stop: () => Promise<void>;
};

const PROJECT = resolve(import.meta.dirname, '../../..');

/** Starts it; ready when it has printed its doors and the two invitations. */
export async function startServer(): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), 'segel-e2e-'));
  const rules = join(folder, 'rules.toml');
  await writeFile(rules, await rulesForAShortTrip());
  const any = '127.0.0.1:0';
  const options = ['--data', join(folder, 'data'), '--rules', rules];
  const doors = ['--http', any, '--jointech', any, '--osmand', any];
  const process = spawn(binary(), ['serve', ...options, ...doors], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = await heard(process, /provider administrator\s+\S+/);
  const [, host = '', port = ''] = /jointech\s+([\d.]+):(\d+)/.exec(said) ?? [];
  return {
    people: word(said, /people\s+(\S+)/),
    jointech: { host, port: Number(port) },
    customs_code: word(said, /customs supervisor\s+(\S+)/),
    provider_code: word(said, /provider administrator\s+(\S+)/),
    stop: async () => {
      if (process.exitCode === null) {
        process.kill('SIGTERM');
        await once(process, 'exit');
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The rules that come with the program, but for one number: a container that stands five minutes would stand still here. */
async function rulesForAShortTrip(): Promise<string> {
  const rules = await readFile(join(PROJECT, 'rules/default.toml'), 'utf8');
  const short = rules.replace('arrival_dwell_s = 300', 'arrival_dwell_s = 3');
  if (short === rules) throw new Error('rules/default.toml no longer says arrival_dwell_s = 300');
  return short;
}

function binary(): string {
  const target = process.env['CARGO_TARGET_DIR'] ?? join(PROJECT, 'target');
  const path = process.env['SEGEL_BINARY'] ?? join(target, 'debug/segel');
  if (!existsSync(path)) throw new Error(`build it first (cargo build -p segel): ${path}`);
  return path;
}

function word(said: string, pattern: RegExp): string {
  const found = pattern.exec(said)?.[1];
  if (!found) throw new Error(`the program did not say ${String(pattern)}: ${said}`);
  return found;
}

/** What it prints, up to the words that are waited for. */
function heard(process: ChildProcess, words: RegExp): Promise<string> {
  return new Promise((done, failed) => {
    let [out, log] = ['', ''];
    process.stderr?.on('data', (piece: Buffer) => (log = (log + piece.toString()).slice(-4000)));
    process.stdout?.on('data', (piece: Buffer) => {
      out += piece.toString();
      if (words.test(out)) done(out);
    });
    process.once('error', failed);
    process.once('exit', (code) => failed(new Error(`the program ended (${code}) before its doors were open: ${log}`)));
  });
}
