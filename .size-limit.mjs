// What pages fetch before they call anything: the entry and what it imports statically. What is imported
// on demand (parsers, the downloader, training, names of classes, charts) is not counted. By Rolldown, with which Vite builds pages.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

/** What an app needs that builds a model, plans it, gives it weights and uses it. */
const APP = [
  ...['buildPooledResnet', 'buildFlattenedResnet', 'buildDenseResnet', 'resnet'],
  ...['pooledHead', 'flattenedHead', 'denseHead', 'attachHead', 'buildHead', 'splitModel'],
  ...['freeze', 'unfreeze', 'loadWeights', 'saveWeights', 'pretrainedWeights', 'preprocess'],
  ...['planResnet'],
];
/** What an app needs that trains a classifier on pictures, or loads one, and uses it. */
const TRAINING = ['loadBackbone', 'trainClassifier', 'loadClassifier'];

/**
 * @param {string} name
 * @param {string} exported
 */
async function bundle(name, exported) {
  const outDir = `.cache/size/${name}`;
  rmSync(outDir, { recursive: true, force: true });
  mkdirSync(outDir, { recursive: true });
  const entry = join(outDir, 'entry.mjs');
  writeFileSync(entry, `export ${exported} from '../../../dist/index.js';\n`);
  const bundled = await rolldown({
    input: join(process.cwd(), entry),
    external: ['@tensorflow/tfjs', 'hash-wasm', 'echarts'],
    logLevel: 'silent',
  });
  const { output } = await bundled.write({ dir: outDir, format: 'esm', minify: true });
  const chunks = new Map(
    output.flatMap((each) => (each.type === 'chunk' ? [[each.fileName, each]] : [])),
  );
  /** @type {Set<string>} */
  const fetched = new Set();
  /** @param {string} file */
  function follow(file) {
    const chunk = chunks.get(file);
    if (chunk === undefined || fetched.has(file)) return;
    fetched.add(file);
    chunk.imports.forEach(follow);
  }
  for (const [file, { isEntry }] of chunks) if (isEntry) follow(file);
  return [...fetched].map((file) => join(outDir, file));
}

export default [
  {
    name: 'an app that builds, plans and loads models, without TensorFlow.js',
    path: await bundle('app', `{ ${APP.join(', ')} }`),
    limit: '12 kB',
    gzip: true,
  },
  {
    name: 'an app that trains classifiers, or loads them',
    path: await bundle('training', `{ ${TRAINING.join(', ')} }`),
    limit: '7.7 kB',
    gzip: true,
  },
  {
    name: 'everything that resnet-heads exports, without TensorFlow.js',
    path: await bundle('all', '*'),
    limit: '63.6 kB',
    gzip: true,
  },
];
