// What pages fetch before they call anything: the entry and what it imports statically. What is imported
// on demand (parsers, the downloader, names of classes, charts) is not counted.
import { rmSync } from 'node:fs';
import { build } from 'esbuild';

/** What an app needs that builds a model, plans it, gives it weights and uses it. */
const APP = [
  ...['buildPooledResnet', 'buildFlattenedResnet', 'buildDenseResnet', 'resnet'],
  ...['pooledHead', 'flattenedHead', 'denseHead', 'attachHead', 'buildHead', 'splitModel'],
  ...['freeze', 'unfreeze', 'loadWeights', 'saveWeights', 'pretrainedWeights', 'preprocess'],
  ...['planResnet'],
];
/** And that trains it on pictures. */
const TRAINING = [...APP, 'loadBackbone', 'trainClassifier', 'loadClassifier'];

/**
 * @param {string} name
 * @param {string} contents
 */
async function bundle(name, contents) {
  const outdir = `.cache/size/${name}`;
  rmSync(outdir, { recursive: true, force: true });
  const { metafile } = await build({
    stdin: { contents, resolveDir: '.' },
    outdir,
    entryNames: 'entry',
    bundle: true,
    minify: true,
    splitting: true,
    format: 'esm',
    external: ['@tensorflow/tfjs', 'hash-wasm', 'echarts'],
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
  follow(`${outdir}/entry.js`);
  return [...fetched];
}

export default [
  {
    name: 'an app that builds, plans and loads models, without TensorFlow.js',
    path: await bundle('app', `export { ${APP.join(', ')} } from './dist/index.js'`),
    limit: '14.5 kB',
    gzip: true,
  },
  {
    name: 'an app that trains heads, too',
    path: await bundle('training', `export { ${TRAINING.join(', ')} } from './dist/index.js'`),
    limit: '22 kB',
    gzip: true,
  },
  {
    name: 'everything that resnet-heads exports, without TensorFlow.js',
    path: await bundle('all', `export * from './dist/index.js'`),
    limit: '40 kB',
    gzip: true,
  },
];
