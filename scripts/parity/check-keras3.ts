/**
 * Loads the models that scripts/parity/write_keras3.py saved and compares what they answer.
 *
 *     tsx scripts/parity/check-keras3.ts DIR
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-node';
import { markdownTable } from 'markdown-table';
import { loadModelFolder } from '../../src/node/load-model-folder.js';
import { draw } from '../../test/setup/draw.js';

interface Case {
  readonly file: string;
  readonly inputShape: readonly number[];
  readonly bounds: readonly [low: number, high: number];
  /** A Normalization's among them, which become a part of the topology. */
  readonly params: number;
  readonly output: readonly number[];
}

/** Of the largest number in the output. */
const TOLERANCE = 1e-5;

const folder = process.argv[2] ?? '.';
const cases = JSON.parse(readFileSync(join(folder, 'keras3.json'), 'utf8')) as Case[];

const largest = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((max, value) => Math.max(max, Math.abs(value)), 0);

async function check({ file, inputShape, bounds, params, output }: Case) {
  const start = performance.now();
  const model = await loadModelFolder(join(folder, file));
  const seconds = (performance.now() - start) / 1000;
  const size = inputShape.reduce((product, each) => product * each, 1);
  const image = tf.tensor(draw('image', size, ...bounds), [1, ...inputShape]);
  const answer = model.predict(image) as tf.Tensor;
  const got = await answer.data();
  tf.dispose([image, answer]);
  model.dispose();
  if (got.length !== output.length) throw new Error(`${file}: ${got.length} numbers`);
  const error = largest(output.map((each, i) => each - (got[i] ?? NaN))) / largest(output);
  const row = [
    file,
    `${params}`,
    largest(output).toExponential(1),
    error.toExponential(1),
    `${seconds.toFixed(2)} s`,
  ];
  return { passed: error < TOLERANCE && tf.memory().numTensors === 0, row };
}

const results: Awaited<ReturnType<typeof check>>[] = [];
for (const each of cases) results.push(await check(each));
const header = ['file', 'parameters', 'largest output', 'max relative error', 'loading'];
console.log(markdownTable([header, ...results.map(({ row }) => row)]));
const failed = results.filter(({ passed }) => !passed).length;
console.log(`\n${results.length - failed} of ${results.length} within ${TOLERANCE} of Keras`);
if (failed > 0) process.exitCode = 1;
