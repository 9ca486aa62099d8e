import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import sharp from 'sharp';
import { attachHead, createClassifier, denseHead, type Head, pooledHead } from 'resnet-heads';
import {
  evaluateFolder,
  loadClassifier,
  readParts,
  trainFolder,
  type TrainFolderOptions,
} from 'resnet-heads/node';
import { expectNoLeak } from '../setup/memory';
import { miniResnet } from '../setup/mini-resnet';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-train-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Discs on dark ground and squares on light ground: what any features tell apart. */
async function draw(path: string, kind: 'disc' | 'square', i: number): Promise<void> {
  const at = 6 + (i % 12);
  const shape =
    kind === 'disc'
      ? `<circle cx="${at + 8}" cy="16" r="8" fill="#f${i % 10}4"/>`
      : `<rect x="${at}" y="8" width="16" height="16" fill="#02${i % 10}"/>`;
  const ground = kind === 'disc' ? '#113' : '#dde';
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="32"><rect width="40" height="32" fill="${ground}"/>${shape}</svg>`;
  await sharp(Buffer.from(svg)).png().toFile(path);
}

async function pictures(place: string, count: number, from = 0): Promise<string> {
  for (const kind of ['disc', 'square'] as const) {
    mkdirSync(join(folder, place, kind), { recursive: true });
    for (let i = from; i < from + count; i++) {
      await draw(join(folder, place, kind, `${i}.png`), kind, i);
    }
  }
  return join(folder, place);
}

const options = (more: Partial<TrainFolderOptions> = {}): TrainFolderOptions => ({
  head: pooledHead({ numClasses: 2 }),
  preprocessing: 'tf',
  out: join(folder, 'out'),
  epochs: 30,
  patience: 30,
  learningRate: 0.05,
  cacheFolder: join(folder, 'cache'),
  ...more,
});
const weights = () => readFileSync(join(folder, 'out/weights.bin'));

/** What is thrown, and that nothing was computed or written before. */
async function refusal(
  base: unknown,
  source: string,
  more: Partial<TrainFolderOptions>,
): Promise<Error> {
  const onProgress = jest.fn();
  const before = tf.memory().numTensors;
  const error: unknown = await trainFolder(
    base as tf.LayersModel,
    source,
    options({ ...more, onProgress }),
  ).then(
    () => new Error('nothing was thrown'),
    (reason: unknown) => reason,
  );
  expect(onProgress).not.toHaveBeenCalled();
  expect(existsSync(join(folder, 'out'))).toBe(false);
  expect(tf.memory().numTensors).toBe(before);
  return error as Error;
}

describe('trainFolder', () => {
  it.each<[Partial<TrainFolderOptions>, RegExp]>([
    [{ epochs: 0 }, /^epochs: expected a positive integer, got 0/],
    [{ batchSize: 1.5 }, /^batchSize: expected a positive integer, got 1\.5/],
    [{ learningRate: 0 }, /^learningRate: expected a positive number, got 0/],
    [{ patience: -1 }, /^patience: expected a positive integer/],
    [{ seed: 0.5 }, /^seed: expected an integer/],
    [{ validation: 1 }, /^validation: expected a number above 0 and below 1, got 1/],
    [{ preprocessing: 'keras' as 'tf' }, /^preprocessing: expected one of .*, got "keras"/],
    [{ out: '' }, /^out: expected the path of a folder/],
    [{ head: {} as Head }, /^head: expected a head/],
    [
      { head: pooledHead({ numClasses: 3 }) },
      /a score for each of 2 classes .*got 3; .*numClasses: 2/,
    ],
    [
      {
        head: denseHead({ numClasses: 1, hiddenUnits: 4, activation: 'sigmoid' }),
        classWeights: [1],
      },
      /^classWeights: expected 'balanced', or 2 positive numbers, got \[1\]/,
    ],
  ])('refuses %j before the base is run', async (wrong, message) => {
    const source = await pictures('pictures', 2);
    const base = miniResnet('v1', 1);
    const error = await refusal(base, source, wrong);
    expect(error.name).toBe('ArgumentError');
    expect(error.message).toMatch(message);
    base.dispose();
  });

  it('asks for sharp before anything else is done', async () => {
    await jest.isolateModulesAsync(async () => {
      jest.doMock('sharp', () => {
        throw Object.assign(new Error(), { code: 'MODULE_NOT_FOUND' });
      });
      try {
        const { requireTrainOptions } = await import('../../src/node/train-checks');
        await expect(requireTrainOptions(options())).rejects.toMatchObject({
          name: 'PackageError',
          message: expect.stringContaining('npm install sharp') as string,
        });
      } finally {
        jest.dontMock('sharp');
      }
    });
  });

  it('refuses a base that takes no pictures or ends in no map, before it is run', async () => {
    const source = await pictures('pictures', 2);
    const grey = tf.sequential({
      layers: [tf.layers.conv2d({ inputShape: [8, 8, 1], filters: 2, kernelSize: 2 })],
    });
    expect((await refusal(grey, source, {})).message).toMatch(/^base: .*3 channels, got 1/);
    const flat = tf.sequential({ layers: [tf.layers.flatten({ inputShape: [8, 8, 3] })] });
    expect((await refusal(flat, source, {})).message).toMatch(/^base: expected a feature map/);
    expect((await refusal({}, source, {})).message).toMatch(/^base: expected a tf/);
    grey.dispose();
    flat.dispose();
  });

  it('takes what readParts gave, and refuses what is no such thing', async () => {
    const source = await pictures('pictures', 5);
    const base = miniResnet('v1', 1);
    const parts = await readParts(source, { validation: 0.5 });
    const found = await trainFolder(base, parts, options({ epochs: 1 }));
    expect(found.images).toEqual({ train: 4, validation: 6 });
    await expect(trainFolder(base, parts, options({ validation: 0.3 }))).rejects.toThrow(
      /^validation: expected none beside parts that were read, got 0\.3; hand it to readParts/,
    );
    for (const wrong of [undefined, 5, {}, { ...parts, train: undefined }]) {
      await expect(trainFolder(base, wrong as typeof parts, options())).rejects.toMatchObject({
        name: 'ArgumentError',
      });
    }
    base.dispose();
  });

  it('refuses a class of which no picture can be decoded', async () => {
    const source = await pictures('pictures', 4);
    const base = miniResnet('v1', 1);
    mkdirSync(join(source, 'ring'));
    // Known before any picture is decoded …
    for (const i of [1, 2, 3]) writeFileSync(join(source, `ring/${i}.png`), `<html>${i}`);
    const head = pooledHead({ numClasses: 3 });
    expect(await refusal(base, source, { head })).toMatchObject({
      name: 'PictureError',
      message: expect.stringMatching(
        /^class "ring": expected pictures .*got none among 3;/,
      ) as string,
    });
    // … and only after it.
    const whole = readFileSync(join(source, 'disc/0.png'));
    for (const i of [1, 2, 3])
      writeFileSync(join(source, `ring/${i}.png`), whole.subarray(0, 50 + i));
    await expectNoLeak(async () => {
      await expect(trainFolder(base, source, options({ head }))).rejects.toThrow(
        /^class "ring": expected pictures that can be decoded to train on, got none among 2;/,
      );
    });
    expect(existsSync(join(folder, 'out'))).toBe(false);
    base.dispose();
  });

  it('says which pictures it left out, and records which it was trained on', async () => {
    const source = await pictures('parts/train', 4);
    const held = await pictures('parts/val', 2, 10);
    cpSync(join(held, 'disc/10.png'), join(source, 'disc/copy.png'));
    cpSync(join(source, 'disc/0.png'), join(source, 'square/wrong.png'));
    const base = miniResnet('v1', 1);
    const found = await trainFolder(base, join(folder, 'parts'), options({ epochs: 1 }));
    expect(found.images).toEqual({ train: 7, validation: 4 });
    expect(found.duplicates).toEqual({
      acrossClasses: [[join(source, 'disc/0.png'), join(source, 'square/wrong.png')]],
      acrossParts: [[join(source, 'disc/copy.png'), join(held, 'disc/10.png')]],
    });
    const classifier = await loadClassifier(join(folder, 'out'));
    const { metadata } = classifier;
    expect([metadata.pictures?.train.length, metadata.pictures?.validation.length]).toEqual([
      7 * 16,
      4 * 16,
    ]);
    const bytes = readFileSync(join(held, 'disc/10.png'));
    const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
    expect(metadata.pictures?.validation).toContain(hash);
    expect(metadata.pictures?.train).not.toContain(hash);
    classifier.dispose();
    base.dispose();
  });

  it('trains, saves a classifier that works, and leaves the base as it was', async () => {
    const source = await pictures('pictures', 20);
    const base = miniResnet('v1', 1);
    await expectNoLeak(async () => {
      const first = await trainFolder(base, source, options());
      expect(first).toMatchObject({
        classes: ['disc', 'square'],
        images: { train: 32, validation: 8 },
        computed: 40,
      });
      expect(first.history[first.bestEpoch]!.validationAccuracy).toBe(1);
      expect(readdirSync(join(folder, 'out')).sort()).toEqual([
        ...['metadata.json', 'model.json', 'weights.bin'],
      ]);
      const trained = weights();
      const second = await trainFolder(base, source, options());
      expect(second.computed).toBe(0);
      expect(second.history).toEqual(first.history);
      expect(weights().equals(trained)).toBe(true);
    });
    const classifier = await loadClassifier(join(folder, 'out'));
    expect(classifier.metadata).toMatchObject({
      classes: ['disc', 'square'],
      preprocessing: 'tf',
      inputSize: [32, 32],
      baseSha256: expect.stringMatching(/^[\da-f]{64}$/) as string,
    });
    const unseen = await pictures('unseen', 6, 40);
    const { truth, predicted } = await evaluateFolder(classifier, unseen);
    expect(predicted).toEqual(truth);
    expect(truth).toHaveLength(12);
    classifier.dispose();
    base.dispose();
  });

  it('takes the parts that a folder has, and refuses them where their classes differ', async () => {
    await pictures('parts/train', 4);
    await pictures('parts/val', 2, 10);
    const base = miniResnet('v1', 1);
    const { images } = await trainFolder(base, join(folder, 'parts'), options({ epochs: 1 }));
    expect(images).toEqual({ train: 8, validation: 4 });
    mkdirSync(join(folder, 'parts/train/third'));
    await draw(join(folder, 'parts/train/third/1.png'), 'disc', 1);
    await expect(trainFolder(base, join(folder, 'parts'), options())).rejects.toThrow(
      'expected the same classes in train and val, got "third" in train only',
    );
    base.dispose();
  });

  it('goes on after it was told to end, to the weights of an unbroken run', async () => {
    const source = await pictures('pictures', 10);
    const base = miniResnet('v1', 1);
    await trainFolder(base, source, options({ epochs: 6 }));
    const expected = weights();
    const controller = new AbortController();
    const stop = options({
      epochs: 6,
      signal: controller.signal,
      callbacks: {
        onEpochEnd: (epoch) => {
          if (epoch === 2) controller.abort();
        },
      },
    });
    const broken = await trainFolder(base, source, stop);
    expect(existsSync(join(folder, 'out.checkpoint.safetensors'))).toBe(true);
    expect([broken.endedBy, broken.history.length]).toEqual(['signal', 3]);
    // What was learnt so far can be used.
    (await loadClassifier(join(folder, 'out'))).dispose();
    expect(weights().equals(expected)).toBe(false);
    const rest = await trainFolder(base, source, options({ epochs: 6, resume: true }));
    expect([rest.endedBy, rest.history.length]).toEqual(['epochs', 6]);
    expect(weights().equals(expected)).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(['cache', 'out', 'pictures']);
    base.dispose();
  });

  it('warns once of a feature cache that can’t be written', async () => {
    const source = await pictures('pictures', 5);
    const base = miniResnet('v1', 1);
    writeFileSync(join(folder, 'file'), '');
    const onWarning = jest.fn();
    const { computed } = await trainFolder(
      base,
      source,
      options({ epochs: 1, cacheFolder: join(folder, 'file'), onWarning }),
    );
    expect(computed).toBe(10);
    expect(onWarning).toHaveBeenCalledTimes(1);
    (await loadClassifier(join(folder, 'out'))).dispose();
    base.dispose();
  });

  it('keeps the classifier that is there until it has another, and takes nothing else’s place', async () => {
    const source = await pictures('pictures', 5);
    const base = miniResnet('v1', 1);
    await trainFolder(base, source, options({ epochs: 1 }));
    const trained = weights();
    const seen: boolean[] = [];
    const callbacks = {
      onEpochEnd: () => {
        seen.push(weights().equals(trained));
      },
    };
    await trainFolder(base, source, options({ epochs: 2, seed: 3, callbacks }));
    expect(seen).toEqual([true, true]);
    expect(weights().equals(trained)).toBe(false);

    writeFileSync(join(folder, 'out/notes.txt'), 'mine');
    const onProgress = jest.fn();
    const more = options({ epochs: 1, seed: 4, cacheFolder: join(folder, 'other'), onProgress });
    await expectNoLeak(() =>
      expect(trainFolder(base, source, more)).rejects.toThrow(
        'out: expected a new folder, an empty one, or a classifier that resnet-heads wrote, got "notes.txt"; name another folder',
      ),
    );
    expect(onProgress).not.toHaveBeenCalled();
    expect(readdirSync(folder).sort()).toEqual(['cache', 'out', 'pictures']);
    base.dispose();
  });

  it('counts no picture whose scores are not finite', async () => {
    const source = await pictures('pictures', 3);
    const model = attachHead(miniResnet('v1', 1), pooledHead({ numClasses: 2 }), { seed: 1 });
    const bias = tf.tensor1d([NaN, 0]);
    model.getLayer('predictions').weights[1]!.write(bias);
    bias.dispose();
    const classifier = createClassifier(model, {
      ...{ classes: ['disc', 'square'], preprocessing: 'tf', inputSize: [32, 32] },
    });
    await expectNoLeak(async () => {
      await expect(evaluateFolder(classifier, source)).rejects.toThrow(
        'scores: expected finite numbers, got NaN',
      );
    });
    classifier.dispose();
  });

  it('does not evaluate on classes that it has not learnt', async () => {
    const source = await pictures('pictures', 5);
    const base = miniResnet('v1', 1);
    await trainFolder(base, source, options({ epochs: 1 }));
    const classifier = await loadClassifier(join(folder, 'out'));
    mkdirSync(join(source, 'ring'));
    await draw(join(source, 'ring/1.png'), 'disc', 1);
    await expect(evaluateFolder(classifier, source)).rejects.toThrow(
      'expected folders of the classes disc, square, got "ring"; name the folder that holds those and no other',
    );
    classifier.dispose();
    base.dispose();
  });
});
