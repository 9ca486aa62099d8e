import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'vite';

/** What the app fetches when a web page is downloaded: the texts of the page's files, by name. */
const NAME = 'player.json';

/**
 * The page's own classifier has its weights in its files; resnet-mini's, 2 MB, would only be in the way.
 *
 * @type {import('vite').Plugin}
 */
const withoutMini = {
  name: 'without-resnet-mini',
  enforce: 'pre',
  load: (id) => (id.includes('resnet-mini-weights.cjs') ? 'exports.base64 = ""' : undefined),
};

/**
 * Bundles a file of this folder into one script, and its styles.
 *
 * @param {import('vite').ResolvedConfig} config
 * @param {string} entry
 * @param {'iife' | 'es'} format
 * @returns {Promise<Record<string, string>>} the files' texts by name
 */
async function bundle({ root, resolve }, entry, format) {
  const folder = join(root, 'player');
  const smaller = [
    { find: /^@tensorflow\/tfjs$/, replacement: join(folder, 'tfjs.ts') },
    // Only its SHA-256 is used, where a page without https has no WebCrypto.
    { find: /^hash-wasm$/, replacement: 'hash-wasm/dist/sha256.umd.min.js' },
  ];
  const built = await build({
    ...{ root, configFile: false, publicDir: false, logLevel: 'warn', plugins: [withoutMini] },
    resolve: { alias: [...smaller, ...resolve.alias] },
    build: {
      write: false,
      // Else it would be in the script.
      cssCodeSplit: false,
      rolldownOptions: {
        input: join(folder, `${entry}.ts`),
        // Vite's own loader of chunks asks for import.meta; here is one chunk.
        checks: { emptyImportMeta: false },
        preserveEntrySignatures: 'exports-only',
        output: {
          ...{ format, codeSplitting: false },
          entryFileNames: `${entry}.js`,
          assetFileNames: `${entry}[extname]`,
        },
      },
    },
  });
  const [result] = [built].flat();
  if (result === undefined || !('output' in result)) throw new Error(`${entry}: nothing was built`);
  return Object.fromEntries(
    result.output.flatMap((file) => {
      if (file.type === 'chunk') return [[file.fileName, file.code]];
      // The app adds WebAssembly from its own files.
      return file.fileName.endsWith('.css') ? [[file.fileName, String(file.source)]] : [];
    }),
  );
}

/**
 * An element of the app's index.html that the page has, too.
 *
 * @param {string} html
 * @param {string} tag
 * @param {string} id
 */
function part(html, tag, id) {
  const found = new RegExp(`<${tag} id="${id}".*?</${tag}>`, 's').exec(html)?.[0];
  if (found === undefined) throw new Error(`index.html: expected a ${tag} with the id "${id}"`);
  return found;
}

/** @param {import('vite').ResolvedConfig} config */
async function files(config) {
  const page = await readFile(join(config.root, 'player/index.html'), 'utf8');
  const app = await readFile(join(config.root, 'index.html'), 'utf8');
  const html = page
    // Shown as soon as the classifier is there.
    .replace('<!-- try -->', () => part(app, 'section', 'try').replace(' id', ' hidden id'));
  return JSON.stringify({
    'index.html': html,
    ...(await bundle(config, 'player', 'iife')),
    ...(await bundle(config, 'onnx', 'es')),
  });
}

/**
 * Bundles the web page that the app exports; the app finds it beside its own index.html.
 *
 * @returns {import('vite').Plugin}
 */
export function player() {
  /** @type {import('vite').ResolvedConfig} */
  let config;
  return {
    name: 'player',
    configResolved(resolved) {
      config = resolved;
    },
    configureServer(server) {
      server.middlewares.use(`/${NAME}`, (_request, response, next) => {
        files(config).then((json) => {
          response.setHeader('content-type', 'application/json');
          response.end(json);
        }, next);
      });
    },
    async generateBundle() {
      this.emitFile({ type: 'asset', fileName: NAME, source: await files(config) });
    },
  };
}
