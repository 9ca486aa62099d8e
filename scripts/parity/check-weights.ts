/**
 * Loads the files that scripts/parity/write_weights.py wrote and compares what the models answer.
 *
 *     tsx scripts/parity/check-weights.ts DIR
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-node';
import { markdownTable } from 'markdown-table';
import { loadBackbone, loadWeights, resnet } from 'resnet-heads';
import { drawImage } from '../../test/setup/draw.js';

interface Case {
  readonly file: string;
  readonly depth: 18 | 34 | 50 | 101;
  readonly variant: 'v1' | 'v1.5';
  readonly probabilities: readonly number[];
  /** Median of Keras's own load_weights on the same file, its process warm. */
  readonly kerasSeconds?: number;
}

/** Of the largest probability. */
const TOLERANCE = 1e-5;
const RUNS = 5;
const BYTES_PER_MB = 1e6;

const folder = process.argv[2] ?? '.';
const cases = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Case[];

/** Whether `loadBackbone`, which has to find out what the file is, sets the same weights as `loadWeights` did. */
async function isSameBackbone(path: string, model: tf.LayersModel, variant: Case['variant']) {
  const preprocessing = variant === 'v1' ? 'caffe' : 'torch';
  const backbone = await loadBackbone(path, { preprocessing });
  const pairs = backbone.model.layers.flatMap((layer) => {
    const others = model.getLayer(layer.name).getWeights();
    return layer.getWeights().map((own, i) => [own, others[i] ?? own] as const);
  });
  const isSame = tf.tidy(() =>
    pairs.every(([own, other]) => own.equal(other).all().dataSync()[0] === 1),
  );
  backbone.dispose();
  return pairs.length > 0 && isSame;
}

async function check({ file, depth, variant, probabilities, kerasSeconds }: Case) {
  const model = resnet({ depth, variant, includeTop: true, weights: 'pending' });
  const path = join(folder, file);
  const seconds: number[] = [];
  for (let i = 0; i < RUNS; i++) {
    const start = performance.now();
    await loadWeights(model, new Uint8Array(readFileSync(path)));
    seconds.push((performance.now() - start) / 1000);
  }
  const cold = seconds[0] ?? NaN;
  const median = [...seconds].sort((a, b) => a - b)[Math.floor(RUNS / 2)] ?? NaN;
  const image = drawImage([224, 224, 3]);
  const answer = model.predict(image) as tf.Tensor;
  const got = await answer.data();
  tf.dispose([image, answer]);
  // A .keras file is a whole model, which loadBackbone refuses with its top.
  const isWhole = file.endsWith('.keras');
  const isSame = isWhole || (await isSameBackbone(path, model, variant));
  model.dispose();

  const scale = Math.max(...probabilities);
  const error = Math.max(...probabilities.map((p, i) => Math.abs(p - (got[i] ?? NaN)))) / scale;
  const ratio = kerasSeconds === undefined ? '' : (median / kerasSeconds).toFixed(2);
  return {
    passed: error < TOLERANCE && isSame,
    row: [
      file,
      `${(readFileSync(path).length / BYTES_PER_MB).toFixed(0)} MB`,
      error.toExponential(1),
      isWhole ? '' : isSame ? 'same' : 'differs',
      `${cold.toFixed(2)} s`,
      `${median.toFixed(2)} s`,
      kerasSeconds === undefined ? '' : `${kerasSeconds.toFixed(2)} s`,
      ratio,
    ],
  };
}

const results: Awaited<ReturnType<typeof check>>[] = [];
for (const each of cases) results.push(await check(each));
const header = [
  'file',
  'size',
  'max relative error',
  'loadBackbone',
  'first load',
  'median',
  'Keras',
  'ratio',
];
console.log(markdownTable([header, ...results.map(({ row }) => row)]));
const failed = results.filter(({ passed }) => !passed).length;
console.log(`\n${results.length - failed} of ${results.length} within ${TOLERANCE} of Keras`);
if (failed > 0) process.exitCode = 1;
