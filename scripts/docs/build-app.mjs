/**
 * Builds examples/browser-app into docs/api/app, as the site's live demo: static files with relative URLs, from the library's
 * sources, so that `dist` isn't needed.
 *
 *     node scripts/docs/build-app.mjs
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

await build({
  root: join(root, 'examples/browser-app'),
  logLevel: 'warn',
  resolve: {
    alias: [
      { find: /^resnet-heads$/, replacement: join(root, 'src/index.ts') },
      { find: /^resnet-heads\/plan$/, replacement: join(root, 'src/plan.ts') },
    ],
  },
  build: { outDir: join(root, 'docs/api/app'), emptyOutDir: true },
});
