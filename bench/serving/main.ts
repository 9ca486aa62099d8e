/**
 * Puts load on servers of one classifier: examples/service, and Ray Serve and Triton as examples/serving runs them, with batching and
 * without. They take turns, and each has to answer as the package does before it is timed.
 *
 *     npm run bench:serving
 *     npm run bench:serving -- --filter mini --rounds 1
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { markdownTable } from 'markdown-table';
import {
  buildPooledResnet,
  type Classification,
  type Classifier,
  loadClassifier,
  useFastestBackend,
} from 'resnet-heads';
import sharp from 'sharp';
import { requirements, type Running } from '../../scripts/serving/servers.js';
import { draw } from '../../test/setup/draw.js';
import { machine, versionOf } from '../versions.js';
import { type Contestant, startAll } from './contestants.js';
import { takeTurns } from './load.js';

const CLASSES = Array.from({ length: 10 }, (_, i) => `class ${i}`);
const PICTURES = 8;
const CLIENTS = [1, 8, 32];
const TOLERANCE = 1e-5;

interface Model {
  readonly load: () => Promise<Classifier>;
  /** Per turn: a few seconds of them. A multiple of the clients. */
  readonly requests: number;
}

/** A large model and a small one. */
const MODELS: Readonly<Record<string, Model>> = {
  'ResNet-50, 224 × 224': {
    load: () =>
      loadClassifier(buildPooledResnet({ numClasses: CLASSES.length, seed: 1 }), {
        ...{ classes: CLASSES, preprocessing: 'caffe' },
      }),
    requests: 96,
  },
  'resnet-mini, 96 × 96': { load: () => loadClassifier('resnet-mini'), requests: 960 },
};

function count(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) {
    throw new InvalidArgumentError('Expected a whole number of 1 or more.');
  }
  return Number(text);
}

/** PNGs that need no resizing, so that every server sees the same pixels. */
const drawPictures = ([height, width]: readonly [number, number]): Promise<readonly Buffer[]> =>
  Promise.all(
    Array.from({ length: PICTURES }, (_, i) => {
      const pixels = Uint8Array.from(draw(`picture ${i}`, height * width * 3, 0, 256));
      return sharp(pixels, { raw: { width, height, channels: 3 } })
        .png()
        .toBuffer();
    }),
  );

const probabilities = (classes: readonly Classification[]) =>
  new Map(classes.map(({ className, probability }) => [className, probability]));

/** The largest difference of a server's answers to the package's. */
async function largestError(
  classifier: Classifier,
  contestants: readonly Contestant[],
  pictures: readonly Buffer[],
): Promise<number> {
  const errors: number[] = [];
  for (const picture of pictures) {
    const expected = await classifier.classify(picture);
    for (const { classify } of contestants) {
      const got = probabilities(await classify(picture));
      for (const { className, probability } of expected) {
        errors.push(Math.abs(probability - (got.get(className) ?? NaN)));
      }
    }
  }
  return Math.max(...errors);
}

/** Rows of the table. */
async function measure(
  name: string,
  { load, requests }: Model,
  rounds: number,
): Promise<string[][]> {
  const folder = mkdtempSync(join(tmpdir(), 'resnet-heads-serving-'));
  const running: Running[] = [];
  const rows: string[][] = [];
  try {
    const classifier = await load();
    const pictures = await drawPictures(classifier.inputSize);
    const contestants = await startAll(
      ...([classifier, folder, pictures, 2 * Math.max(...CLIENTS), running] as const),
    );
    const error = await largestError(classifier, contestants, pictures);
    if (!(error < TOLERANCE)) {
      throw new Error(`answers: expected at most ${TOLERANCE} from the package's, got ${error}`);
    }
    console.error(`${name}: all answers are within ${error.toExponential(1)} of the package's`);
    for (const clients of CLIENTS) {
      const loads = await takeTurns(contestants, clients, requests, rounds);
      for (const [i, { perSecond, p50, p99 }] of loads.entries()) {
        const { name: server = '', batching = '' } = contestants[i] ?? {};
        const row = [String(clients), server, batching];
        rows.push([...row, perSecond.toFixed(1), `${p50.toFixed(0)} ms`, `${p99.toFixed(0)} ms`]);
        console.error(rows.at(-1)?.join(' | '));
      }
    }
    classifier.dispose();
    return rows;
  } finally {
    for (const each of running) await each.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

await new Command('npm run bench:serving --')
  .description('Puts load on servers of one classifier.')
  .option('--rounds <n>', 'turns of each server', count, 3)
  .option('--filter <name>', 'only models whose name contains this', '')
  .action(async ({ rounds, filter }: { readonly rounds: number; readonly filter: string }) => {
    await useFastestBackend();
    const tables: string[] = [];
    for (const [name, model] of Object.entries(MODELS)) {
      if (!name.includes(filter)) continue;
      const rows = await measure(name, model, rounds);
      const header = ['clients', 'server', 'batching', 'requests/s', 'p50', 'p99'];
      const align = ['r', 'l', 'l', 'r', 'r', 'r'];
      tables.push(
        `${name}, ${model.requests} requests per turn:\n\n${markdownTable([header, ...rows], { align })}\n`,
      );
    }
    const python = readFileSync(requirements, 'utf8').trim().replaceAll('==', ' ').split('\n');
    const npm = ['onnxruntime-node', 'autocannon'].map((name) => `${name} ${versionOf(name)}`);
    console.log(`- ${machine()}`);
    console.log(`- Node ${process.versions.node}, ${npm.join(', ')}; ${python.join(', ')}`);
    console.log(`- medians of ${rounds} turns\n`);
    console.log(tables.join('\n'));
  })
  .parseAsync();
