// Writes the service worker with the names of what was built. A build of other files is another worker, so that browsers
// notice it and old files are forgotten.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Plugin } from 'vite';

/** Larger files are not fetched ahead: a technician's first visit goes over a bad network. */
const LARGEST_BYTES = 300_000;
/** What lies in public/ and belongs to the page. */
const PUBLIC = ['/', '/theme.js', '/segel.svg', '/segel.webmanifest'];
const SOURCE = new URL('../src/worker/worker.js', import.meta.url);

/** The plugin; it only works on a build. */
export function serviceWorker(): Plugin {
  return {
    name: 'service-worker',
    apply: 'build',
    enforce: 'post',
    generateBundle(_, bundle) {
      const sizes = Object.values(bundle).map((part) => {
        const body = part.type === 'chunk' ? part.code : part.source;
        return { name: `/${part.fileName}`, body, bytes: Buffer.byteLength(body) };
      });
      const built = sizes.filter((part) => part.name.startsWith('/assets/') && part.bytes <= LARGEST_BYTES);
      const hash = createHash('sha256');
      for (const part of sizes) hash.update(part.name).update(part.body);
      const files = [...PUBLIC, ...built.map((part) => part.name).sort()];
      const source = readFileSync(SOURCE, 'utf8')
        .replace("'__FILES__'", JSON.stringify(files))
        .replace('__VERSION__', hash.digest('hex').slice(0, 16));
      this.emitFile({ type: 'asset', fileName: 'worker.js', source });
    },
  };
}
