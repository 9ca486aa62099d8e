import {
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
import { flattenedHead, pooledHead } from 'resnet-heads';
import { type Parts, readParts, trainFolder, type TrainFolderOptions } from 'resnet-heads/node';
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

const options = (more: Partial<TrainFolderOptions> = {}): TrainFolderOptions => ({
  ...{ head: head(), preprocessing: 'tf', out: at('out'), epochs: 4, learningRate: 0.01 },
  ...more,
});

const withBase = async <T>(base: tf.LayersModel, work: (base: tf.LayersModel) => Promise<T>) => {
  try {
    return await work(base);
  } finally {
    base.dispose();
  }
};

const train = (
  more: Partial<TrainFolderOptions> = {},
  source: string | Parts = at('pictures'),
  base = smallBase({ strides: 8 }),
) => withBase(base, (own) => trainFolder(own, source, options(more)));

/** A run that is told to end after two epochs of four. */
async function breakOff(source?: Parts): Promise<void> {
  const controller = new AbortController();
  const onEpochEnd = (epoch: number) => {
    if (epoch === 1) controller.abort();
  };
  const { endedBy } = await train(
    { signal: controller.signal, callbacks: { onEpochEnd } },
    source ?? at('pictures'),
  );
  expect(endedBy).toBe('signal');
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

describe('a run that was broken off', () => {
  it.each<[string, string, Partial<TrainFolderOptions>]>([
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
  ])('is neither resumed nor overwritten with another %s', async (_, difference, other) => {
    await breakOff();
    const [kept, trained] = [checkpoint(), at('out/weights.bin')].map((path) => readFileSync(path));
    const onProgress = jest.fn();
    await expectNoLeak(async () => {
      for (const resume of [true, false]) {
        const error = await train({ ...other, resume, onProgress }).catch((each: unknown) => each);
        expect(error).toMatchObject({ name: 'ArgumentError' });
        const { message } = error as Error;
        expect(message).toContain(
          `${checkpoint()}: expected a checkpoint of this run, got one of a run with `,
        );
        expect(message).toContain(difference);
        expect(message).toContain(
          'after 2 epochs; to resume that run, give the settings that it began with;',
        );
      }
    });
    expect(onProgress).not.toHaveBeenCalled();
    expect(readFileSync(checkpoint()).equals(kept!)).toBe(true);
    expect(readFileSync(at('out/weights.bin')).equals(trained!)).toBe(true);
    expect((await train({ resume: true })).history).toHaveLength(4);
  });

  it('is not resumed with another seed on the same pictures', async () => {
    const parts = await readParts(at('pictures'));
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

  it('is not resumed on another base with the same weights', async () => {
    await breakOff();
    const other = smallBase({ strides: 8, activation: 'elu' });
    await expect(train({ resume: true }, at('pictures'), other)).rejects.toThrow(
      'got one of a run with another base, after 2 epochs',
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
          `${checkpoint()}: expected a checkpoint of this version of resnet-heads, got another or damaged file; move it away`,
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
        `resume: expected the checkpoint of a run that was broken off, ${checkpoint()}, got no such file; begin the run without resume`,
      );
    });
    expect(readFileSync(at('out/weights.bin')).equals(trained)).toBe(true);
  });
});
