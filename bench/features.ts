/**
 * Trains classifiers on features in files, each case in a process of its own, and tells the time and the most memory that was resident:
 * for how many rows one machine is enough. The features are drawn: 2,048 numbers in float16 for each row. Linux only, which tells the peak.
 *
 *     npm run bench:features -- [rows …] [--classes 10,100] [--solvers lbfgs,adam] [--folder DIR]
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-node';
import { markdownTable } from 'markdown-table';
import {
  type Backbone,
  loadBackbone,
  openFeatures,
  pooledHead,
  trainClassifier,
  type TrainOptions,
} from 'resnet-heads';
import { extractionOf } from '../src/node/extract-files.js';
import { localStore } from '../src/node/features/local-store.js';
import { type Manifest, MANIFEST_FILE, shardName, VERSION } from '../src/node/features/manifest.js';
import { TEXTS } from '../src/node/features/parquet.js';
import { jobOf, textOf } from '../src/node/features/shard.js';
import { TableWriter } from '../src/node/features/table-writer.js';
import { randomBy } from '../src/random.js';

const FEATURES = 2048;
const SHARD_ROWS = 10_000;
const EPOCHS = 2;
/** How far a class's means differ from those of the others, beside noise of 0 to 2: so that heads are right for most rows, not for all. */
const DISTANCE = 0.15;
/** Numbers that the noise of all rows is taken from. */
const NOISE = 2 ** 22;
const BYTES_PER_KB = 1024;

type Solver = 'lbfgs' | 'adam';

interface Case {
  readonly folder: string;
  /** Undefined to measure what a process takes that trains nothing. */
  readonly solver: Solver | undefined;
}

/** What a process answers. */
interface Measured {
  readonly seconds: number;
  /** Of all threads: on a busy machine, this says more. */
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  readonly accuracy: number;
}

/** A small model with features of the right size. */
const backboneOf = async (): Promise<Backbone> => {
  const input = { inputShape: [8, 8, 3], filters: FEATURES, kernelSize: 8 };
  const layers = [tf.layers.conv2d({ ...input, kernelInitializer: 'zeros' })];
  return loadBackbone(tf.sequential({ layers }), { preprocessing: 'tf' });
};

/** Writes features that are drawn. */
async function write(folder: string, rows: number, classes: number): Promise<void> {
  const backbone = await backboneOf();
  const { extraction, featureShape, dispose } = extractionOf(
    backbone,
    pooledHead({ numClasses: 2 }),
  );
  const [sha256 = '', , , pooling = ''] = await extraction.key();
  dispose();
  const { preprocessing, inputSize } = backbone;
  const manifest: Manifest = {
    ...{ version: VERSION, shards: Math.ceil(rows / SHARD_ROWS), multiLabel: false },
    pictures: { count: rows, sha256 },
    classes: Array.from({ length: classes }, (_, i) => `class ${i}`).sort(),
    backbone: { sha256, preprocessing, inputSize },
    ...{ pooling, featureShape, shape: [FEATURES] },
    ...{ views: 1, viewKinds: [], dtype: 'float16', engine: 'layers' },
  };
  backbone.dispose();
  const store = localStore(folder);
  await store.create(MANIFEST_FILE, textOf(manifest));
  const random = randomBy(1);
  const noise = Float32Array.from({ length: NOISE }, () => 2 * random() ** 2);
  const means = Float32Array.from({ length: classes * FEATURES }, () => DISTANCE * random());
  for (let shard = 0; shard < manifest.shards; shard++) {
    await store.write(shardName(shard, manifest.shards), async (append) => {
      const table = await TableWriter.open(append, { texts: TEXTS, ...manifest });
      for (let row = shard; row < rows; row += manifest.shards) {
        const label = Math.floor(random() * classes);
        const from = Math.floor(random() * (NOISE - FEATURES));
        const values = noise.slice(from, from + FEATURES);
        const own = means.subarray(label * FEATURES);
        values.forEach((value, i) => (values[i] = value + (own[i] ?? 0)));
        const hash = row.toString(16).padStart(64, '0');
        const text = { path: `class ${label}/${row}.jpg`, label: `class ${label}`, sha256: hash };
        await table.add({ ...text, values });
      }
      await table.end({ job: jobOf(manifest), shard, skipped: [], gaps: [] });
    });
  }
}

/** The most memory that was resident in this process. */
function peakBytes(): number {
  const status = readFileSync('/proc/self/status', 'utf8');
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
  return Number(kilobytes) * BYTES_PER_KB;
}

async function measure({ folder, solver }: Case): Promise<Measured> {
  await tf.ready();
  const backbone = await backboneOf();
  if (solver === undefined)
    return { seconds: 0, cpuSeconds: 0, peakBytes: peakBytes(), accuracy: NaN };
  const options: TrainOptions =
    solver === 'adam' ? { solver, epochs: EPOCHS, patience: EPOCHS } : { solver };
  const [begin, before] = [performance.now(), process.cpuUsage()];
  const classifier = await trainClassifier(backbone, await openFeatures(folder), options);
  const seconds = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(before);
  const cpuSeconds = (user + system) / 1e6;
  return {
    seconds,
    cpuSeconds,
    peakBytes: peakBytes(),
    accuracy: classifier.training?.validationAccuracy ?? NaN,
  };
}

/** Measures a case in a process of its own. */
function measured(each: Case): Measured {
  const args = ['--import', 'tsx', fileURLToPath(import.meta.url), '--case', JSON.stringify(each)];
  const stdio = ['ignore', 'pipe', 'inherit'] as const;
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3' };
  const text = execFileSync(process.execPath, args, { encoding: 'utf8', stdio: [...stdio], env });
  return JSON.parse(text.trim().split('\n').at(-1) ?? '') as Measured;
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    case: { type: 'string' },
    classes: { type: 'string', default: '10,100' },
    solvers: { type: 'string', default: 'lbfgs,adam' },
    folder: { type: 'string' },
  },
});
if (given.case !== undefined) {
  console.log(JSON.stringify(await measure(JSON.parse(given.case) as Case)));
} else {
  const place = given.folder ?? mkdtempSync(join(tmpdir(), 'resnet-heads-bench-features-'));
  const header = [
    'rows',
    'classes',
    'solver',
    'seconds',
    'processor seconds',
    'peak',
    'held out right',
  ];
  const rows: string[][] = [];
  try {
    const empty = measured({ folder: '', solver: undefined });
    console.error(`a process that trains nothing: ${megabytes(empty.peakBytes)}`);
    for (const count of positionals.length > 0 ? positionals : ['10000', '100000']) {
      for (const classes of given.classes.split(',')) {
        const folder = join(place, `${count}-${classes}`);
        if (!existsSync(folder)) await write(folder, Number(count), Number(classes));
        for (const solver of given.solvers.split(',') as Solver[]) {
          const { seconds, cpuSeconds, peakBytes, accuracy } = measured({ folder, solver });
          rows.push([
            ...[count, classes, solver === 'adam' ? `Adam, ${EPOCHS} epochs` : 'L-BFGS'],
            ...[seconds.toFixed(1), cpuSeconds.toFixed(1), megabytes(peakBytes)],
            `${(100 * accuracy).toFixed(1)} %`,
          ]);
          console.error(rows.at(-1)?.join(' | '));
        }
        if (given.folder === undefined) rmSync(folder, { recursive: true });
      }
    }
  } finally {
    if (given.folder === undefined) rmSync(place, { recursive: true, force: true });
  }
  console.log(markdownTable([header, ...rows], { align: ['r', 'r', 'l', 'r', 'r', 'r', 'r'] }));
}
