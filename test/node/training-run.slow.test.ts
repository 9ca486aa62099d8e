import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import sharp from 'sharp';
import {
  flattenedHead,
  loadBackbone,
  pooledHead,
  type Preprocessing,
  trainClassifier,
  type Training,
  type TrainOptions,
} from 'resnet-heads';
import { byAdam } from '../setup/adam';
import { expectNoLeak } from '../setup/memory';
import { smallBase } from '../setup/small-base';

let folder: string;
const at = (...names: string[]) => join(folder, ...names);
const checkpoint = () => at('out.checkpoint.safetensors');

async function draw(path: string, level: number): Promise<void> {
  const background = { r: level, g: 255 - level, b: level };
  const picture = sharp({ create: { width: 32, height: 32, channels: 3, background } });
  await picture.png().toFile(path);
}

const head = (more = {}) => flattenedHead({ numClasses: 2, hiddenUnits: 4, dropout: 0.2, ...more });

const options = (more: Partial<TrainOptions> = {}): TrainOptions => ({
  ...{ head: head(), out: at('out'), epochs: 4, learningRate: 0.01 },
  ...more,
});

interface Place {
  readonly source?: string;
  readonly base?: tf.LayersModel;
  readonly preprocessing?: Preprocessing;
}

/** How a classifier was trained, which is disposed with its backbone. */
async function train(
  more: Partial<TrainOptions> = {},
  { source = at('pictures'), base = smallBase({ strides: 8 }), preprocessing = 'tf' }: Place = {},
): Promise<Training> {
  const backbone = await loadBackbone(base, { preprocessing });
  try {
    const classifier = await trainClassifier(backbone, source, options(more));
    const { training } = classifier;
    classifier.dispose();
    return training!;
  } finally {
    backbone.dispose();
  }
}

/** A run that is told to end after two epochs of four. */
async function breakOff(place?: Place): Promise<void> {
  const controller = new AbortController();
  const onEpochEnd = (epoch: number) => {
    if (epoch === 1) controller.abort();
  };
  const training = await train({ signal: controller.signal, callbacks: { onEpochEnd } }, place);
  expect(byAdam(training).endedBy).toBe('signal');
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-run-'));
  for (const name of ['dark', 'light']) mkdirSync(at('pictures', name), { recursive: true });
  for (let i = 0; i < 5; i++) {
    await draw(at('pictures/dark', `${i}.png`), 20 + i);
    await draw(at('pictures/light', `${i}.png`), 200 + i);
  }
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('an interrupted run', () => {
  it.each<[string, string, Partial<TrainOptions> & Place]>([
    ['dropout', 'another head', { head: head({ dropout: 0.3 }) }],
    ['activation', 'another head', { head: head({ activation: 'sigmoid' }) }],
    ['hidden units', 'another head', { head: head({ hiddenUnits: 5 }) }],
    ['kind of head', 'another head', { head: pooledHead({ numClasses: 2 }) }],
    ['class weights', 'classWeights none, now balanced', { classWeights: 'balanced' }],
    ['class weights by number', 'classWeights none, now [1,2]', { classWeights: [1, 2] }],
    ['patience', 'patience 5, now 3', { patience: 3 }],
    ['epochs', 'epochs 4, now 5', { epochs: 5 }],
    ['batch size', 'batchSize 32, now 4', { batchSize: 4 }],
    ['learning rate', 'learningRate 0.01, now 0.02', { learningRate: 0.02 }],
    [
      'learning rate of the head',
      'learningRate 0.01, now 0.03',
      { head: { ...head(), learningRate: 0.03 }, learningRate: undefined },
    ],
    ['preprocessing', 'preprocessing tf, now torch', { preprocessing: 'torch' }],
    ['split', 'another training pictures; another validation pictures', { validation: 0.4 }],
    ['engine', 'engine default, now layers', { engine: 'layers' }],
    ['set of views', 'views none, now mirror,crop', { views: ['mirror', 'crop'] }],
  ])(
    'is neither resumed nor overwritten with another %s',
    async (_, difference, { preprocessing = 'tf', ...other }) => {
      await breakOff();
      const [kept, trained] = [checkpoint(), at('out/weights.bin')].map((path) =>
        readFileSync(path),
      );
      const onProgress = jest.fn();
      await expectNoLeak(async () => {
        for (const resume of [true, false]) {
          const error = await train({ ...other, resume, onProgress }, { preprocessing }).catch(
            (each: unknown) => each,
          );
          expect(error).toMatchObject({ name: 'ArgumentError' });
          const { message } = error as Error;
          expect(message).toContain(
            `${checkpoint()}: expected a checkpoint of this run, got one of a run with `,
          );
          expect(message).toContain(difference);
          expect(message).toContain('after 2 epochs; to resume that run, use its settings;');
        }
      });
      expect(onProgress).not.toHaveBeenCalled();
      expect(readFileSync(checkpoint()).equals(kept!)).toBe(true);
      expect(readFileSync(at('out/weights.bin')).equals(trained!)).toBe(true);
      expect((await train({ resume: true })).history).toHaveLength(4);
    },
  );

  it('is not resumed with another seed on the same pictures', async () => {
    // Which are held out is drawn by the seed, too, unless the folder says it.
    for (const [part, level] of [
      ['train', 0],
      ['val', 1],
    ] as const) {
      cpSync(at('pictures'), at('parts', part), { recursive: true });
      for (let i = 0; i < 5; i++)
        await draw(at(`parts/${part}/dark/${i}.png`), 100 + 10 * level + i);
      for (let i = 0; i < 5; i++)
        await draw(at(`parts/${part}/light/${i}.png`), 150 + 10 * level + i);
    }
    const parts = { source: at('parts') };
    await breakOff(parts);
    await expect(train({ resume: true, seed: 1 }, parts)).rejects.toThrow(
      'got one of a run with seed 0, now 1, after 2 epochs',
    );
  });

  it.each<[string, string, () => unknown]>([
    ['pictures', 'another training pictures', () => draw(at('pictures/dark/1.png'), 99)],
    [
      'names of classes',
      'classes ["dark","light"], now ["dark","lit"]',
      () => {
        renameSync(at('pictures/light'), at('pictures/lit'));
      },
    ],
  ])('is not resumed with other %s', async (_, difference, change) => {
    await breakOff();
    await change();
    await expect(train({ resume: true })).rejects.toThrow(`got one of a run with ${difference}`);
  });

  it('is not resumed on another backbone with the same weights', async () => {
    await breakOff();
    const other = smallBase({ strides: 8, activation: 'elu' });
    await expect(train({ resume: true }, { base: other })).rejects.toThrow(
      'got one of a run with another backbone, after 2 epochs',
    );
  });

  it('begins anew where it is not resumed, and is resumed with defaults that are named', async () => {
    await breakOff();
    const resumed = await train({ resume: true, seed: 0, patience: 5, batchSize: 32 });
    const weights = readFileSync(at('out/weights.bin'));
    await breakOff();
    expect((await train()).history).toEqual(resumed.history);
    expect(readFileSync(at('out/weights.bin')).equals(weights)).toBe(true);
    expect(existsSync(checkpoint())).toBe(false);
  });

  it('is not overwritten where its file is damaged or is none', async () => {
    await breakOff();
    const bytes = readFileSync(checkpoint());
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    for (const content of [bytes, Buffer.from('mine')]) {
      writeFileSync(checkpoint(), content);
      for (const resume of [true, false]) {
        await expect(train({ resume })).rejects.toThrow(
          `${checkpoint()}: expected a checkpoint of this version of resnet-heads, got another file or a damaged one; move it away`,
        );
      }
      expect(readFileSync(checkpoint()).equals(content)).toBe(true);
    }
  });
});

describe('resuming nothing', () => {
  it('is refused, and leaves the classifier that is there', async () => {
    await train();
    const trained = readFileSync(at('out/weights.bin'));
    await expectNoLeak(async () => {
      await expect(train({ resume: true, seed: 2 })).rejects.toThrow(
        `resume: expected the checkpoint of an interrupted run, ${checkpoint()}, got no such file; omit this option to start a new run`,
      );
    });
    expect(readFileSync(at('out/weights.bin')).equals(trained)).toBe(true);
  });
});
