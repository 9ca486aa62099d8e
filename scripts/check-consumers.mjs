/**
 * Installs the packed package as its users would, in folders of their own, and uses it there.
 *
 *     node scripts/check-consumers.mjs
 *
 * One consumer has no TensorFlow.js and uses `resnet-heads/plan` and the command line. The other is a
 * TypeScript app that is compiled and run as ESM and as CommonJS, with `@tensorflow/tfjs` and with
 * `@tensorflow/tfjs-node`. Needs a build, and what scripts/setup-native.mjs needs.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const FIXTURE = join(root, 'test/goldens/weights/keras3.keras');
const work = mkdtempSync(join(tmpdir(), 'resnet-heads-consumers-'));

/** @type {(cwd: string, program: string, ...args: string[]) => string} */
function run(cwd, program, ...args) {
  return execFileSync(program, args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/**
 * @param {string} name
 * @param {readonly string[]} packages what to install
 * @param {readonly string[]} flags
 */
function consumer(name, packages, flags = []) {
  const cwd = join(work, name);
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'package.json'), JSON.stringify({ name, private: true }));
  run(cwd, 'npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', ...flags, ...packages);
  return cwd;
}

/** @param {string} name @returns {string} a package at the version that this repository uses */
const pinned = (name) => `${name}@${devDependencies[name]}`;

/** @param {string} tarball */
function withoutTensorFlow(tarball) {
  const cwd = consumer('without-tensorflow', [tarball], ['--legacy-peer-deps']);
  const use = "planResnet({ head: 'pooled', numClasses: 10 }).totals.params";
  const missing =
    "try { require('@tensorflow/tfjs'); throw 1 } catch (e) { if (e === 1) throw new Error('tfjs is there') }";
  const cjs = `${missing}; const { planResnet } = require('resnet-heads/plan'); console.log(${use})`;
  const esm = `import { planResnet } from 'resnet-heads/plan'; console.log(${use})`;
  assert.equal(run(cwd, process.execPath, '-e', cjs), '23608202\n');
  assert.equal(run(cwd, process.execPath, '--input-type=module', '-e', esm), '23608202\n');

  const { plans } = JSON.parse(run(cwd, 'npx', 'resnet-heads', 'compare', '--format', 'json'));
  assert.deepEqual(
    plans.map((/** @type {{ totals: { params: number } }} */ plan) => plan.totals.params),
    [23_608_202, 126_359_434, 25_696_138],
  );
  const wrong = spawnSync('npx', ['resnet-heads', 'compare', '--input', '16'], {
    cwd,
    encoding: 'utf8',
  });
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /^error: inputShape: [^\n]*\n$/);
  const { weights } = JSON.parse(
    run(cwd, 'npx', 'resnet-heads', 'weights', 'list', '--format', 'json'),
  );
  assert.equal(weights[0].name, 'keras/resnet50');
  const model = JSON.parse(run(cwd, 'npx', 'resnet-heads', 'inspect', FIXTURE, '--format', 'json'));
  assert.deepEqual(model.inputShapes, [[32, 32, 3]]);
  const inspected = run(cwd, 'npx', 'resnet-heads', 'weights', 'inspect', FIXTURE);
  assert.match(inspected, /Keras 3 archive/);
  console.log('without TensorFlow.js: the plan loads by require and import, the command line runs');
}

const EXPECTED = {
  backend: true,
  oneEngine: true,
  instance: true,
  shape: [1, 3],
  loaded: true,
  refused:
    'WeightsError: keras3.keras: expected all weights of the model, got none for conv2_block2_1_conv/kernel, ' +
    'conv2_block2_1_conv/bias, conv2_block2_1_bn/gamma and 213 more (216 of 320); load what is there with ' +
    "scope: 'base' or 'head', or build the model that it was written from",
  named: 'tench',
};

/** @param {string} tensorflow @param {string} backend @returns {string} */
const app = (tensorflow, backend) => `
import * as tf from '${tensorflow}';
import {
  buildPooledResnet,
  decodePredictions,
  loadWeights,
  type PooledResnetOptions,
  saveWeights,
} from 'resnet-heads';
import { loadWeights as loadFile } from 'resnet-heads/node';

const options: PooledResnetOptions = { numClasses: 3, inputShape: [32, 32, 3] };
async function main(): Promise<void> {
  await tf.ready();
  const before = tf.memory().numTensors;
  const model: tf.LayersModel = buildPooledResnet(options);
  const answer = model.predict(tf.zeros([1, 32, 32, 3])) as tf.Tensor;
  console.log(JSON.stringify({
    backend: tf.getBackend() === '${backend}',
    oneEngine: tf.memory().numTensors > before,
    instance: model instanceof tf.LayersModel,
    shape: answer.shape,
    loaded: (await loadWeights(model, await saveWeights(model))).params === model.countParams(),
    // A shallower ResNet: what refuses it has come through the zip and the HDF5 reader.
    refused: await loadFile(model, 'keras3.keras').then(String, String),
    named: (await decodePredictions(tf.ones([1, 1000]), { top: 1 }))[0]?.[0]?.className,
  }));
}
void main();
`;

/** @param {string} tarball */
function typescriptApp(tarball) {
  const names = ['@tensorflow/tfjs', '@tensorflow/tfjs-node', 'typescript', '@types/node'];
  const packages = names.map(pinned);
  const cwd = consumer('app', [tarball, ...packages]);
  run(cwd, process.execPath, join(root, 'scripts/setup-native.mjs'), '--cwd', cwd);

  copyFileSync(FIXTURE, join(cwd, 'keras3.keras'));
  const options = { strict: true, skipLibCheck: true, target: 'es2022', types: ['node'] };
  const program = { module: 'nodenext', outDir: 'out', rootDir: '.', ...options };
  writeFileSync(
    join(cwd, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: program, include: ['*.mts', '*.cts'] }),
  );
  writeFileSync(
    join(cwd, 'tsconfig.bundler.json'),
    JSON.stringify({
      compilerOptions: { module: 'esnext', moduleResolution: 'bundler', noEmit: true, ...options },
      include: ['*.mts'],
    }),
  );
  for (const [name, tensorflow, backend] of /** @type {const} */ ([
    ['tfjs', '@tensorflow/tfjs', 'cpu'],
    ['tfjs-node', '@tensorflow/tfjs-node', 'tensorflow'],
  ])) {
    for (const extension of ['mts', 'cts']) {
      writeFileSync(join(cwd, `${name}.${extension}`), app(tensorflow, backend));
    }
  }
  const measured = run(
    cwd,
    'npx',
    ...['resnet-heads', 'compare', '--measure', '--input', '32', '--runs', '1', '--format', 'json'],
  );
  const { comparison } = JSON.parse(measured);
  assert.equal(comparison.heads[0].times.backend, 'tensorflow');
  assert.equal(comparison.heads[0].totals.params, 23_608_202);
  run(cwd, 'npx', 'tsc');
  run(cwd, 'npx', 'tsc', '-p', 'tsconfig.bundler.json');

  for (const name of ['tfjs', 'tfjs-node']) {
    for (const extension of ['mjs', 'cjs']) {
      const output = run(cwd, process.execPath, join('out', `${name}.${extension}`));
      const json = output.slice(output.indexOf('{"'));
      assert.deepEqual(JSON.parse(json), EXPECTED, `${name}.${extension}`);
      console.log(
        `TypeScript app, ${name} as ${extension === 'mjs' ? 'ESM' : 'CommonJS'}: one engine, instanceof holds`,
      );
    }
  }
}

try {
  const packed = JSON.parse(run(root, 'npm', 'pack', '--json', '--pack-destination', work));
  const tarball = join(work, packed[0].filename);
  withoutTensorFlow(tarball);
  typescriptApp(tarball);
} finally {
  rmSync(work, { recursive: true, force: true });
}
