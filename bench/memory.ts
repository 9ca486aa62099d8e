/**
 * Holds `estimateMemory` against what processes really take under tfjs-node: the peak of resident memory
 * over the built model, each case in a process of its own. Linux only, which tells the peak.
 *
 *     npm run bench:memory
 */
import { execFileSync, type ExecFileSyncOptionsWithStringEncoding } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-node';
import { markdownTable } from 'markdown-table';
import {
  buildDenseResnet,
  buildFlattenedResnet,
  buildPooledResnet,
  estimateMemory,
  freeze,
  planResnet,
} from 'resnet-heads';

type HeadName = 'pooled' | 'flattened' | 'dense';
type Use = 'predict' | 'train' | 'train, base frozen';

interface Case {
  readonly head: HeadName;
  readonly use: Use;
  readonly size: number;
  readonly batchSize: number;
}

const HEADS: readonly HeadName[] = ['pooled', 'flattened', 'dense'];
const CASES: readonly Case[] = [
  ...HEADS.map((head): Case => ({ head, use: 'predict', size: 224, batchSize: 1 })),
  ...HEADS.map((head): Case => ({ head, use: 'predict', size: 224, batchSize: 8 })),
  ...HEADS.map((head): Case => ({ head, use: 'train, base frozen', size: 224, batchSize: 8 })),
  ...HEADS.map((head): Case => ({ head, use: 'train', size: 64, batchSize: 8 })),
];
const BUILDERS = {
  pooled: buildPooledResnet,
  flattened: buildFlattenedResnet,
  dense: buildDenseResnet,
} as const;
const BYTES_PER_KB = 1024;

/** Of this process, in bytes: what is resident now, or was at most. */
function resident(field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync('/proc/self/status', 'utf8');
  const [, kilobytes] = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status) ?? [];
  return Number(kilobytes) * BYTES_PER_KB;
}

/** Bytes beyond the built model, at the peak of two calls. */
async function measure({ head, use, size, batchSize }: Case): Promise<number> {
  await tf.ready();
  const model = BUILDERS[head]({ numClasses: 10, inputShape: [size, size, 3], seed: 1 });
  const built = resident('VmRSS');
  const images = tf.zeros([batchSize, size, size, 3]);
  if (use === 'predict') {
    for (let i = 0; i < 2; i++) (model.predict(images, { batchSize }) as tf.Tensor).dataSync();
  } else {
    if (use !== 'train') freeze(model);
    model.compile({ optimizer: tf.train.adam(1e-4), loss: 'categoricalCrossentropy' });
    const labels = tf.zeros([batchSize, ...(model.outputs[0]?.shape.slice(1) as number[])]);
    for (let i = 0; i < 2; i++) await model.trainOnBatch(images, labels);
  }
  return resident('VmHWM') - built;
}

function estimate({ head, use, size, batchSize }: Case): number {
  const plan = planResnet({ head, numClasses: 10, inputShape: [size, size, 3] });
  const train = use === 'train' ? 'all' : 'head';
  const { inference, training } = estimateMemory(plan, { batchSize, train });
  const { total, weights } = use === 'predict' ? inference : training;
  return total - weights;
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

const [, , only] = process.argv;
if (only !== undefined) {
  console.log(JSON.stringify(await measure(JSON.parse(only) as Case)));
} else {
  const rows = CASES.map((each) => {
    const args = ['--import', 'tsx', fileURLToPath(import.meta.url), JSON.stringify(each)];
    const options: ExecFileSyncOptionsWithStringEncoding = {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    };
    const measured = Number(
      execFileSync(process.execPath, args, options).trim().split('\n').at(-1),
    );
    const estimated = estimate(each);
    return [
      ...[each.head, each.use, `${each.size}²`, String(each.batchSize)],
      ...[megabytes(estimated), megabytes(measured), (measured / estimated).toFixed(2)],
    ];
  });
  const header = ['head', 'to', 'input', 'batch', 'estimated', 'measured', 'ratio'];
  console.log(markdownTable([header, ...rows], { align: ['l', 'l', 'r', 'r', 'r', 'r', 'r'] }));
}
