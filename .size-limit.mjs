// What a page that imports `resnet-heads` fetches before it calls anything: the entry and what it imports
// statically. What is imported on demand (parsers, the downloader, names of classes) is not.
import { rmSync } from 'node:fs';
import { build } from 'esbuild';

const outdir = '.cache/size';
rmSync(outdir, { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: ['dist/index.js'],
  outdir,
  bundle: true,
  minify: true,
  splitting: true,
  format: 'esm',
  external: ['@tensorflow/tfjs', 'hash-wasm', 'fflate', 'jsfive'],
  metafile: true,
  logLevel: 'error',
});

/** @type {Set<string>} */
const fetched = new Set();
/** @param {string} file */
function follow(file) {
  if (fetched.has(file)) return;
  fetched.add(file);
  for (const { path, kind, external } of metafile.outputs[file]?.imports ?? []) {
    if (kind === 'import-statement' && external !== true) follow(path);
  }
}
follow(`${outdir}/index.js`);

export default [
  {
    name: 'resnet-heads bundled and minified, without TensorFlow.js',
    path: [...fetched],
    limit: '15 kB',
    gzip: true,
  },
];
