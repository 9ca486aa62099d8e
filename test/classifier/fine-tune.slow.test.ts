import * as tf from '@tensorflow/tfjs';
import {
  type Backbone,
  type Classifier,
  extractFeatures,
  loadBackbone,
  loadClassifier,
  type PictureBatch,
  type Pictures,
  trainClassifier,
} from 'resnet-heads';
import { colouredPicture, colouredPictures } from '../setup/coloured-pictures';
import { expectNoLeak } from '../setup/memory';
import { miniClassifier, miniResnet, numbers } from '../setup/mini-resnet';

const TRAIN = { epochs: 3, learningRate: 0.05 } as const;
const TUNE = { epochs: 2, learningRate: 1e-3 } as const;

let backbone: Backbone;
let pictures: ReturnType<typeof colouredPictures>;
beforeEach(async () => {
  backbone = await loadBackbone(miniResnet('v1', 1), { preprocessing: 'tf' });
  pictures = colouredPictures(3);
});
afterEach(() => {
  tf.dispose(pictures.map(({ picture }) => picture));
});

const train = (options = {}) => trainClassifier(backbone, pictures, { ...TRAIN, ...options });

describe('classifier.fineTune', () => {
  it('copies a backbone that was handed in: it, and another classifier on it, stay bit-identical', async () => {
    const [one, other] = [await train(), await train({ seed: 1 })];
    const before = [backbone.model, other.model].map(numbers);
    const hash = await backbone.sha256();
    const ofOne = numbers(one.model);
    const [trained] = [one.history];
    const outcome = await one.fineTune(pictures, TUNE);
    expect([backbone.model, other.model].map(numbers)).toEqual(before);
    expect(await backbone.sha256()).toBe(hash);
    expect(numbers(one.model)).not.toEqual(ofOne);
    expect(outcome.history).toHaveLength(TUNE.epochs);
    expect(one.history).toEqual([...trained, ...outcome.history]);
    expect(one.training!.history).toEqual(trained);
    // Its backbone is its own now.
    expect(one.backbone).not.toBe(backbone);
    expect(await one.backbone.sha256()).not.toBe(hash);
    const { name, inputSize, preprocessing, featureShape } = one.backbone;
    expect(backbone).toMatchObject({ name, inputSize, preprocessing, featureShape });
    expect(other.backbone).toBe(backbone);
    for (const each of [one, other]) each.dispose();
    backbone.dispose();
  });

  it('goes on from the first the second time, and leaves what it lent', async () => {
    await expectNoLeak(async () => {
      const classifier = await train();
      await classifier.fineTune(pictures, TUNE);
      const own = classifier.backbone;
      const before = numbers(classifier.model);
      const lent = numbers(own.model);
      await classifier.fineTune(pictures, TUNE);
      expect(numbers(classifier.model)).not.toEqual(before);
      expect(numbers(own.model)).toEqual(lent);
      expect(classifier.history).toHaveLength(TRAIN.epochs + 2 * TUNE.epochs);
      classifier.dispose();
    });
    backbone.dispose();
  });

  it('has files, answers and an evaluation of the new weights', async () => {
    const classifier = await train();
    const image = colouredPicture('red', 77);
    const before = { files: await classifier.files(), answer: await classifier.classify(image) };
    await classifier.fineTune(pictures, TUNE);
    const after = { files: await classifier.files(), answer: await classifier.classify(image) };
    expect(after.files['weights.bin']).toHaveLength(before.files['weights.bin']!.length);
    expect(after.files['weights.bin']).not.toEqual(before.files['weights.bin']);
    expect(after.answer).not.toEqual(before.answer);
    const weights = new Float32Array(after.files['weights.bin']!.slice().buffer);
    expect([...weights].sort()).toEqual(numbers(classifier.model).sort());
    expect(await classifier.evaluate(pictures)).toMatchObject({ total: 9 });
    image.dispose();
    classifier.dispose();
    backbone.dispose();
  });

  it('saves no head alone afterwards, which would load with no backbone', async () => {
    await expectNoLeak(async () => {
      const classifier = await train();
      // Nothing changes before the first epoch is done.
      const signal = AbortSignal.abort();
      await classifier.fineTune(pictures, { ...TUNE, signal }).catch(() => undefined);
      const files = await classifier.files({ scope: 'head' });
      (await loadClassifier(files, { backbone })).dispose();
      await classifier.fineTune(pictures, TUNE);
      await expect(classifier.files({ scope: 'head' })).rejects.toThrow(
        'scope: expected \'all\' after fineTune(), which changed the backbone, got "head"; no saved backbone would fit the head',
      );
      const whole = await loadClassifier(await classifier.files());
      const [first] = pictures;
      expect(await whole.classify(first!.picture)).toEqual(
        await classifier.classify(first!.picture),
      );
      for (const each of [whole, classifier]) each.dispose();
    });
    backbone.dispose();
  });

  it('fits the temperature and the familiarity again, to the new features', async () => {
    tf.dispose(pictures.map(({ picture }) => picture));
    pictures = colouredPictures(7);
    await expectNoLeak(async () => {
      const classifier = await train();
      const read = async () => {
        const { 'familiarity.safetensors': familiarity, 'metadata.json': metadata } =
          await classifier.files({ scope: 'all' });
        return [familiarity, JSON.parse(new TextDecoder().decode(metadata))] as const;
      };
      const [familiarity, { temperature }] = (await read()) as [
        Uint8Array,
        { temperature: number },
      ];
      // Far enough for the features to change.
      await classifier.fineTune(pictures, { epochs: 2, learningRate: 1e-2 });
      const [later, metadata] = (await read()) as [Uint8Array, { temperature: number }];
      expect(later).not.toEqual(familiarity);
      expect(metadata.temperature).not.toBe(temperature);
      const [first] = pictures;
      const { familiarity: found } = await classifier.classify(first!.picture, {
        familiarity: true,
      });
      expect(found).toBeGreaterThan(0);
      // Without an epoch nothing has changed.
      const files = await classifier.files();
      const signal = AbortSignal.abort();
      await classifier.fineTune(pictures, { ...TUNE, signal }).catch(() => undefined);
      expect(await classifier.files()).toEqual(files);
      classifier.dispose();
    });
    backbone.dispose();
  });

  it('trains a model that was loaded whole', async () => {
    await expectNoLeak(async () => {
      const model = miniClassifier('v1', 3, 1);
      const options = { classes: ['blue', 'green', 'red'], preprocessing: 'tf' } as const;
      const classifier = await loadClassifier(model, options);
      const before = numbers(model);
      await classifier.fineTune(pictures, TUNE);
      expect(numbers(classifier.model)).not.toEqual(before);
      expect(classifier.history).toHaveLength(TUNE.epochs);
      expect(classifier.training).toBeUndefined();
      classifier.dispose();
    });
    backbone.dispose();
  });

  it('leaves the classifier as it was until it is done', async () => {
    await expectNoLeak(async () => {
      const classifier = await train();
      const image = colouredPicture('red', 77);
      const before = await classifier.classify(image);
      const files = await classifier.files();
      await classifier.fineTune(pictures, {
        ...TUNE,
        onEpoch: async () => {
          expect(await classifier.classify(image)).toEqual(before);
          expect(await classifier.files()).toEqual(files);
        },
      });
      const after = await classifier.classify(image);
      expect(after).not.toEqual(before);
      expect(after.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 5);
      image.dispose();
      classifier.dispose();
    });
    backbone.dispose();
  });

  it('is refused while another is at work, and leaves another classifier on its backbone alone', async () => {
    await expectNoLeak(async () => {
      const trained = await train();
      const loaded = await loadClassifier(await trained.files());
      trained.dispose();
      const other = await trainClassifier(loaded.backbone, pictures, TRAIN);
      const before = numbers(other.model);
      const first = loaded.fineTune(pictures, TUNE);
      await expect(loaded.fineTune(pictures, TUNE)).rejects.toThrow(
        'classifier: expected one fineTune() at a time',
      );
      await first;
      expect(numbers(other.model)).toEqual(before);
      other.dispose();
      loaded.backbone.dispose();
      loaded.dispose();
    });
    backbone.dispose();
  });

  it('ends with an error where the classifier is disposed meanwhile', async () => {
    await expectNoLeak(async () => {
      const classifier = await train();
      const tuned = classifier.fineTune(pictures, {
        ...TUNE,
        onEpoch: () => {
          classifier.dispose();
        },
      });
      await expect(tuned).rejects.toThrow('not disposed until fineTune() has ended, got dispose()');
      classifier.dispose();
      const image = colouredPicture('red', 77);
      await expect(classifier.classify(image)).rejects.toThrow(
        'classifier: expected one that is not disposed, got a disposed one',
      );
      image.dispose();
    });
    backbone.dispose();
  });

  it('holds the same pictures out as training did', async () => {
    const classifier = await train();
    const validation = pictures.slice(0, 3);
    const { history } = await classifier.fineTune(pictures, TUNE);
    expect(history[0]).toHaveProperty('validationLoss');
    const handed = await classifier.fineTune(pictures.slice(3), { ...TUNE, validation });
    expect(handed.history[0]).toHaveProperty('validationLoss');
    classifier.dispose();
    backbone.dispose();
  });

  const batch = (): PictureBatch => ({
    images: tf.tidy(() => tf.stack(pictures.map(({ picture }) => picture)) as tf.Tensor4D),
    labels: pictures.map((_, i) => [2, 1, 0][i % 3]!),
  });
  function* generate(): Generator<PictureBatch> {
    yield batch();
  }

  it.each<[string, () => Pictures]>([
    ['a function that returns an array', () => () => [batch()]],
    ['a function that returns a generator', () => () => generate()],
    ['an iterable that begins anew', () => ({ [Symbol.iterator]: generate })],
    [
      'a tf.data dataset',
      () => tf.data.generator(generate as unknown as () => Generator<tf.TensorContainer>),
    ],
  ])('takes batches as %s, and disposes them', async (_, make) => {
    const classifier = await train();
    await classifier.fineTune(pictures, { ...TUNE, epochs: 1 });
    await expectNoLeak(async () => {
      const options = { ...TUNE, validation: make() };
      const { history } = await classifier.fineTune(make(), options);
      expect(history).toHaveLength(TUNE.epochs);
      expect(history[0]).toHaveProperty('validationLoss');
    });
    classifier.dispose();
    backbone.dispose();
  });

  it('leaves the batches of an array to whoever made it', async () => {
    const classifier = await train();
    const own = [batch()];
    await classifier.fineTune(own, TUNE);
    expect(own[0]!.images.isDisposed).toBe(false);
    tf.dispose(own.map(({ images }) => images));
    classifier.dispose();
    backbone.dispose();
  });

  it.each<[string, () => Pictures, object, string]>([
    [
      'a generator, which gives its batches once',
      generate,
      {},
      'pictures: expected batches that can be read once per epoch, got a generator, which can be read only once; pass a function that returns a new one',
    ],
    [
      'a generator to validate on',
      () => generate,
      { validation: generate() },
      'validation: expected batches that can be read once per epoch',
    ],
    ['another class', () => [{ picture: pictures[0]!.picture, label: 'violet' }], {}, 'label: exp'],
    ['a class weight of nothing', () => pictures, { classWeights: [1, 2, 0] }, 'classWeights: exp'],
    ['no epochs', () => pictures, { epochs: 0 }, 'epochs: expected a positive integer, got 0'],
    ['no layer', () => pictures, { select: () => false }, 'select: expected a layer of the base'],
    ['no pictures', () => [], {}, 'pictures: expected at least one picture, got []'],
    ['no options', () => pictures, [], 'options: expected an options object, got []'],
    [
      'a function that fails after an epoch',
      () => pictures,
      {
        onEpoch: () => {
          throw new Error('enough');
        },
      },
      'enough',
    ],
    ['a rate at which the loss is lost', () => pictures, { learningRate: 1e30 }, 'finite'],
  ])('refuses %s, and nothing has changed', async (_, make, options, message) => {
    const classifier = await train();
    const { model, history } = classifier;
    const before = numbers(model);
    await expectNoLeak(async () => {
      const all = (Array.isArray(options) ? options : { ...TUNE, ...options }) as object;
      await expect(classifier.fineTune(make(), all)).rejects.toThrow(message);
    });
    expect(classifier.model).toBe(model);
    expect(classifier.backbone).toBe(backbone);
    expect(classifier.history).toBe(history);
    expect(numbers(model)).toEqual(before);
    const image = colouredPicture('red');
    expect(await classifier.classify(image)).toHaveLength(3);
    image.dispose();
    classifier.dispose();
    backbone.dispose();
  });
});

describe('backbones and classifiers on them are disposed in any order', () => {
  const disposeAll = async (order: readonly ('backbone' | 'one' | 'other')[], tuned: boolean) => {
    await expectNoLeak(async () => {
      const own = await loadBackbone(miniResnet('v1', 2), { preprocessing: 'tf' });
      const make = () => trainClassifier(own, pictures, { epochs: 1 });
      const all = { backbone: own, one: await make(), other: await make() };
      if (tuned) await all.one.fineTune(pictures, { epochs: 1 });
      for (const each of order) all[each].dispose();
    });
  };

  it.each([false, true])('fine-tuned or not: %s', async (tuned) => {
    await disposeAll(['one', 'other', 'backbone'], tuned);
    await disposeAll(['backbone', 'one', 'other'], tuned);
    await disposeAll(['other', 'backbone', 'one'], tuned);
    backbone.dispose();
  });

  it('and what is left goes on', async () => {
    const [one, other] = [await train(), await train()];
    const image = colouredPicture('green', 5);
    const answer = await other.classify(image);
    one.dispose();
    expect(await other.classify(image)).toEqual(answer);
    await other.fineTune(pictures, { epochs: 1 });
    const tuned = await other.classify(image);
    // The copy doesn't need it any more.
    backbone.dispose();
    expect(await other.classify(image)).toEqual(tuned);
    const features = (own: Classifier) => extractFeatures(own.backbone, pictures);
    const { values } = await features(other);
    tf.dispose([image, values]);
    other.dispose();
  });
});
