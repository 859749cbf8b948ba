import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { serviceWorker } from './scripts/service_worker';

const SEGEL = process.env['SEGEL_API'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [svelte(), serviceWorker()],
  // The coast and the sketch are fetched by the map as files of their own, not compiled into a script.
  assetsInclude: ['**/*.geojson'],
  server: {
    port: 5173,
    fs: { allow: ['..'] },
    proxy: Object.fromEntries(['/api', '/readyz'].map((path) => [path, { target: SEGEL, changeOrigin: false }])),
  },
  build: {
    outDir: 'dist',
    target: 'es2022',
    // MapLibre is one chunk of about a megabyte, loaded only where a map is shown.
    chunkSizeWarningLimit: 1200,
    assetsInlineLimit: 0,
  },
  worker: { format: 'es' },
  test: { include: ['src/**/*.test.ts', 'tests/**/*.test.ts'], environment: 'node' },
});
