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
import {
  type Backbone,
  denseHead,
  type Head,
  loadBackbone,
  loadClassifier,
  pooledHead,
  trainClassifier,
  type TrainOptions,
} from 'resnet-heads';
import { byAdam } from '../setup/adam';
import { expectNoLeak } from '../setup/memory';
import { miniResnet, numbers } from '../setup/mini-resnet';
import { drawPictures } from '../setup/picture-folder';

let folder: string;
let backbone: Backbone;
const at = (...names: string[]) => join(folder, ...names);
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-train-'));
  backbone = await loadBackbone(miniResnet('v1', 1), { preprocessing: 'tf' });
});
afterEach(() => {
  backbone.dispose();
  rmSync(folder, { recursive: true, force: true });
});

async function pictures(place: string, each: number, from = 0): Promise<string> {
  await drawPictures(at(place), each, from);
  return at(place);
}

const options = (more: Partial<TrainOptions> = {}): TrainOptions => ({
  ...{ out: at('out'), epochs: 30, patience: 30, learningRate: 0.05, cacheFolder: at('cache') },
  ...more,
});
const weights = () => readFileSync(at('out/weights.bin'));

/** What training came to; the classifier is disposed. */
async function train(source: string, more: Partial<TrainOptions> = {}) {
  const classifier = await trainClassifier(backbone, source, options(more));
  const { training, classes } = classifier;
  classifier.dispose();
  return { ...byAdam(training), classes };
}

/** What is thrown, and that nothing was computed or written before. */
async function refusal(
  source: string,
  more: Partial<TrainOptions>,
  on: unknown = backbone,
): Promise<Error> {
  const onProgress = jest.fn();
  const before = tf.memory().numTensors;
  const given = options({ ...more, onProgress });
  const error: unknown = await trainClassifier(on as Backbone, source, given).then(
    () => new Error('nothing was thrown'),
    (reason: unknown) => reason,
  );
  expect(onProgress).not.toHaveBeenCalled();
  expect(existsSync(at('out'))).toBe(false);
  expect(existsSync(at('out.checkpoint.safetensors'))).toBe(false);
  expect(tf.memory().numTensors).toBe(before);
  return error as Error;
}

describe('trainClassifier on a folder', () => {
  it.each<[Partial<TrainOptions>, RegExp]>([
    [{ epochs: 0 }, /^epochs: expected a positive integer, got 0/],
    [{ batchSize: 1.5 }, /^batchSize: expected a positive integer, got 1\.5/],
    [{ learningRate: 0 }, /^learningRate: expected a positive number, got 0/],
    [{ patience: -1 }, /^patience: expected a positive integer/],
    [{ seed: 0.5 }, /^seed: expected an integer/],
    [{ validation: 1 }, /^validation: expected a number above 0 and below 1, got 1/],
    [{ out: '' }, /^out: expected a path or a file: URL/],
    [{ head: {} as Head }, /^head: expected /],
    [{ head: 'round' as 'pooled' }, /^head: expected /],
    [{ engine: 'keras' as 'layers' }, /^engine: expected /],
    [{ classes: ['dark'] }, /^classes: expected those of .*: dark, light, got \["dark"\]/],
    [{ classes: ['dark', 'bright'] }, /^classes: expected those of .*: dark, light, got /],
    [
      { head: pooledHead({ numClasses: 3 }) },
      /a score for each of 2 classes .*got 3; .*numClasses: 2/,
    ],
    [{ classWeights: [1] }, /^classWeights: expected 'balanced', or 2 positive numbers, got \[1\]/],
    [
      {
        head: denseHead({ numClasses: 1, hiddenUnits: 4, activation: 'sigmoid' }),
        classWeights: [1],
      },
      /^classWeights: expected 'balanced', or 2 positive numbers, got \[1\]/,
    ],
  ])('refuses %j before the backbone is run', async (wrong, message) => {
    const error = await refusal(await pictures('pictures', 2), wrong);
    expect(error.name).toBe('ArgumentError');
    expect(error.message).toMatch(message);
  });

  it('refuses what is no backbone', async () => {
    const source = await pictures('pictures', 2);
    for (const [wrong, got] of [
      [backbone.model, 'a tf.LayersModel; wrap it'],
      [{}, 'an object'],
      [undefined, 'undefined'],
      ['keras/resnet50', '"keras/resnet50"'],
    ] as const) {
      // A value that isn't given has a default.
      const error = await refusal(source, {}, wrong ?? null);
      expect(error.message).toMatch(
        `backbone: expected one from loadBackbone(), got ${wrong === undefined ? 'null' : got}`,
      );
    }
  });

  it('asks for sharp before the backbone is run', async () => {
    const source = await pictures('pictures', 2);
    await jest.isolateModulesAsync(async () => {
      jest.doMock('sharp', () => {
        throw Object.assign(new Error(), { code: 'MODULE_NOT_FOUND' });
      });
      try {
        const isolated = await import('resnet-heads');
        const tfjs = await import('@tensorflow/tfjs');
        await tfjs.setBackend('cpu');
        const { miniResnet: mini } = await import('../setup/mini-resnet');
        const own = await isolated.loadBackbone(mini('v1', 1), { preprocessing: 'tf' });
        const predict = jest.spyOn(own.model, 'predictOnBatch');
        await expect(isolated.trainClassifier(own, source, options())).rejects.toMatchObject({
          name: 'PackageError',
          message: expect.stringContaining('npm install sharp') as string,
        });
        expect(predict).not.toHaveBeenCalled();
        own.dispose();
      } finally {
        jest.dontMock('sharp');
      }
    });
    expect(existsSync(at('out'))).toBe(false);
  });

  it('refuses a class of which no picture can be decoded', async () => {
    const source = await pictures('pictures', 4);
    mkdirSync(join(source, 'ring'));
    // Known before any picture is decoded …
    for (const i of [1, 2, 3]) writeFileSync(join(source, `ring/${i}.png`), `<html>${i}`);
    expect(await refusal(source, {})).toMatchObject({
      name: 'PictureError',
      message: expect.stringMatching(
        /^class "ring": expected training pictures .*got 3 that can't, such as ".*";/,
      ) as string,
    });
    // … and only after it.
    const whole = readFileSync(join(source, 'dark/0.png'));
    for (const i of [1, 2, 3]) {
      writeFileSync(join(source, `ring/${i}.png`), whole.subarray(0, 50 + i));
    }
    await expectNoLeak(async () => {
      await expect(trainClassifier(backbone, source, options())).rejects.toThrow(
        /^class "ring": expected training pictures that can be decoded, got 2 that can't, such as ".*";/,
      );
    });
    expect(existsSync(at('out'))).toBe(false);
  });

  it('refuses to write into the pictures, whatever way leads there', async () => {
    const source = await pictures('pictures', 2);
    await pictures('held', 2, 10);
    for (const [out, more] of [
      [join(source, 'model'), {}],
      [join(source, 'dark/model'), {}],
      [`${source}/../pictures/model`, {}],
      [at('held/model'), { validation: at('held') }],
    ] as const) {
      expect(await refusal(source, { ...more, out })).toMatchObject({
        name: 'ArgumentError',
        message: `out: expected a folder outside the pictures, got "${out}"; it would be taken for a class`,
      });
      expect(existsSync(out)).toBe(false);
    }
    // Beside them is no harm.
    await train(source, { out: at('pictures model'), epochs: 1 });
  });

  it('says which pictures it left out, and records which it was trained on', async () => {
    const source = await pictures('parts/train', 4);
    const held = await pictures('parts/val', 2, 10);
    cpSync(join(held, 'dark/10.png'), join(source, 'dark/copy.png'));
    cpSync(join(source, 'dark/0.png'), join(source, 'light/wrong.png'));
    await pictures('parts/test', 1, 20);
    const found = await train(at('parts'), { epochs: 1 });
    expect(found).toMatchObject({
      pictures: { train: 7, validation: 4 },
      unused: [at('parts/test')],
    });
    expect(found.duplicates).toEqual({
      acrossClasses: [[join(source, 'dark/0.png'), join(source, 'light/wrong.png')]],
      acrossParts: [[join(source, 'dark/copy.png'), join(held, 'dark/10.png')]],
    });
    const { pictures: record } = JSON.parse(readFileSync(at('out/metadata.json'), 'utf8')) as {
      pictures: { train: string; validation: string };
    };
    expect([record.train.length, record.validation.length]).toEqual([7 * 16, 4 * 16]);
    const bytes = readFileSync(join(held, 'dark/10.png'));
    const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
    expect(record.validation).toContain(hash);
    expect(record.train).not.toContain(hash);
  });

  it('trains, saves a classifier that works, and leaves the backbone as it was', async () => {
    const source = await pictures('pictures', 20);
    const unseen = await pictures('unseen', 6, 40);
    const before = numbers(backbone.model);
    await expectNoLeak(async () => {
      const first = await trainClassifier(backbone, source, options());
      expect(first).toMatchObject({
        ...{ classes: ['dark', 'light'], inputSize: [32, 32], preprocessing: 'tf' },
        training: { pictures: { train: 32, validation: 8 }, computed: 40, unused: [] },
      });
      const { history, bestEpoch } = byAdam(first.training);
      expect(first.history).toEqual(history);
      expect(first.backbone).toBe(backbone);
      expect(history[bestEpoch]!.validationAccuracy).toBe(1);
      expect(readdirSync(at('out')).sort()).toEqual([
        'familiarity.safetensors',
        'metadata.json',
        'model.json',
        'weights.bin',
      ]);
      const trained = weights();
      const second = await train(source);
      expect(second.computed).toBe(0);
      expect(second.history).toEqual(history);
      expect(weights().equals(trained)).toBe(true);

      // What was saved is what was given.
      const saved = await loadClassifier(at('out'));
      expect(saved).toMatchObject({ classes: ['dark', 'light'], training: undefined, history: [] });
      const picture = join(unseen, 'dark/41.png');
      expect(await saved.classify(picture)).toEqual(await first.classify(picture));
      for (const classifier of [saved, first]) {
        const { truth, predicted } = await classifier.evaluate(unseen);
        expect(predicted).toEqual(truth);
        expect(truth).toHaveLength(12);
        classifier.dispose();
      }
    });
    expect(numbers(backbone.model)).toEqual(before);
  });

  it('is the same without a folder to write to, and writes nothing then', async () => {
    const source = await pictures('pictures', 5);
    const { history } = await train(source, { epochs: 3 });
    rmSync(at('out'), { recursive: true });
    rmSync(at('cache'), { recursive: true });
    const classifier = await trainClassifier(backbone, source, {
      ...{ epochs: 3, patience: 30, learningRate: 0.05 },
    });
    expect(classifier.history).toEqual(history);
    classifier.dispose();
    expect(readdirSync(folder)).toEqual(['pictures']);
  });

  it('takes the parts that a folder has, and refuses them where their classes differ', async () => {
    await pictures('parts/train', 4);
    await pictures('parts/val', 2, 10);
    const found = await train(at('parts'), { epochs: 1 });
    expect(found.pictures).toEqual({ train: 8, validation: 4 });
    cpSync(at('parts/train/dark'), at('parts/train/third'), { recursive: true });
    await expect(trainClassifier(backbone, at('parts'), options())).rejects.toThrow(
      'expected the same classes in train and val, got "third" in train only',
    );
  });

  it('holds nothing out of classes with one each picture each, and needs no patience then', async () => {
    const source = await pictures('pictures', 1);
    const classifier = await trainClassifier(backbone, source, { out: at('out'), epochs: 8 });
    expect(classifier.training).toMatchObject({
      ...{ pictures: { train: 2, validation: 0 }, endedBy: 'epochs' },
    });
    expect(classifier.history).toHaveLength(8);
    expect(classifier.history[7]).not.toHaveProperty('validationAccuracy');
    classifier.dispose();
    rmSync(at('out'), { recursive: true });
    expect((await refusal(source, { validation: 0.2 })).message).toMatch(
      'expected a class with two or more pictures to hold some out, got 2 classes with one each',
    );
  });

  it('goes on after it was told to end, to the weights of an unbroken run', async () => {
    const source = await pictures('pictures', 10);
    const unbroken = await train(source, { epochs: 6 });
    const expected = weights();
    const controller = new AbortController();
    const broken = await train(source, {
      epochs: 6,
      signal: controller.signal,
      callbacks: {
        onEpochEnd: (epoch) => {
          if (epoch === 2) controller.abort();
        },
      },
    });
    expect(existsSync(at('out.checkpoint.safetensors'))).toBe(true);
    expect([broken.endedBy, broken.history.length]).toEqual(['signal', 3]);
    // What was learned so far can be used.
    (await loadClassifier(at('out'))).dispose();
    expect(weights().equals(expected)).toBe(false);
    const rest = await train(source, { epochs: 6, resume: true });
    expect([rest.endedBy, rest.history]).toEqual(['epochs', unbroken.history]);
    expect(weights().equals(expected)).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(['cache', 'out', 'pictures']);
  });

  it('throws the signal’s reason where it comes before there is anything to keep', async () => {
    const source = await pictures('pictures', 4);
    const signal = AbortSignal.abort(new Error('enough'));
    await expectNoLeak(async () => {
      await expect(trainClassifier(backbone, source, options({ signal }))).rejects.toThrow(
        'enough',
      );
    });
    expect(existsSync(at('out'))).toBe(false);
  });

  it('warns once of a feature cache that can’t be written', async () => {
    const source = await pictures('pictures', 5);
    writeFileSync(at('file'), '');
    const onWarning = jest.fn();
    const { computed } = await train(source, { epochs: 1, cacheFolder: at('file'), onWarning });
    expect(computed).toBe(10);
    expect(onWarning).toHaveBeenCalledTimes(1);
    (await loadClassifier(at('out'))).dispose();
  });

  it('tells of each picture that it leaves out, in both parts, or ends at the first', async () => {
    const source = await pictures('parts/train', 3);
    const held = await pictures('parts/val', 2, 10);
    const broken = [
      join(source, 'dark/9.png'),
      join(source, 'light/8.png'),
      join(held, 'dark/7.png'),
    ];
    for (const path of broken) writeFileSync(path, `no picture: ${path}`);
    const warnings: Error[] = [];
    const found = await train(at('parts'), {
      epochs: 1,
      onWarning: (warning) => warnings.push(warning),
    });
    expect(found.pictures).toEqual({ train: 6, validation: 4 });
    expect(warnings.map(({ name, message }) => [name, message.split(': ')[0]])).toEqual(
      broken.map((path) => ['PictureError', path]),
    );
    await expectNoLeak(async () => {
      const strict = options({ strict: true, out: at('strict') });
      await expect(trainClassifier(backbone, at('parts'), strict)).rejects.toThrow(broken[0]);
    });
    expect(existsSync(at('strict'))).toBe(false);
  });

  it('keeps the classifier that is there until it has another, and takes nothing else’s place', async () => {
    const source = await pictures('pictures', 5);
    await train(source, { epochs: 1 });
    const trained = weights();
    const seen: boolean[] = [];
    const callbacks = {
      onEpochEnd: () => {
        seen.push(weights().equals(trained));
      },
    };
    await train(source, { epochs: 2, seed: 3, callbacks });
    expect(seen).toEqual([true, true]);
    expect(weights().equals(trained)).toBe(false);

    writeFileSync(at('out/notes.txt'), 'mine');
    const onProgress = jest.fn();
    const more = options({ epochs: 1, seed: 4, cacheFolder: at('other'), onProgress });
    await expectNoLeak(() =>
      expect(trainClassifier(backbone, source, more)).rejects.toThrow(
        'out: expected a new folder, an empty one, or a classifier that resnet-heads wrote, got "notes.txt"; pass another folder',
      ),
    );
    expect(onProgress).not.toHaveBeenCalled();
    expect(readdirSync(folder).sort()).toEqual(['cache', 'out', 'pictures']);
  });
});
