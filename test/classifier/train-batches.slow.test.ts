import * as tf from '@tensorflow/tfjs';
import {
  type Backbone,
  type Classifier,
  extractFeatures,
  loadBackbone,
  type PictureBatch,
  type Pictures,
  trainClassifier,
  translationRobustness,
} from 'resnet-heads';
import { byAdam } from '../setup/adam';
import { COLOURS, type Colour, colouredPicture } from '../setup/coloured-pictures';
import { expectNoLeak } from '../setup/memory';
import { miniResnet, numbers } from '../setup/mini-resnet';

const CLASSES = Object.keys(COLOURS) as Colour[];
const FAST = { classes: CLASSES, epochs: 60, learningRate: 0.05 } as const;

let backbone: Backbone;
beforeAll(async () => {
  backbone = await loadBackbone(miniResnet('v1', 1), { preprocessing: 'tf' });
});
afterAll(() => {
  backbone.dispose();
});

/** Two pictures of each class, of another size than the backbone's. */
function drawBatch(seed: number, labels = [0, 1, 2, 0, 1, 2]) {
  const images = tf.tidy(() =>
    tf.stack(labels.map((label, i) => colouredPicture(CLASSES[label]!, 20 * seed + i, 48))),
  ) as tf.Tensor4D;
  return { images, labels };
}
const batches = () => [drawBatch(1), drawBatch(2)];
function* generate(): Generator<PictureBatch> {
  yield* batches();
}
async function* stream(): AsyncGenerator<PictureBatch> {
  for (const batch of batches()) {
    await Promise.resolve();
    yield { images: batch.images, labels: tf.tensor1d(batch.labels, 'int32') };
  }
}
/** What `tf.data` makes of a generator of pictures and classes. */
const dataset = () =>
  tf.data.generator(stream as () => AsyncGenerator<tf.TensorContainer>) as unknown as Pictures;
const typed = () =>
  batches().map(({ images, labels }) => ({ images, labels: Int32Array.from(labels) }));

const tellsApart = async (classifier: Classifier) => {
  const batch = drawBatch(9);
  expect((await classifier.evaluate([batch])).accuracy).toBe(1);
  batch.images.dispose();
};

describe('trainClassifier with batches', () => {
  it.each<[string, () => Pictures]>([
    ['a generator', generate],
    ['an asynchronous generator with labels in tensors', stream],
    ['a function that returns an array', () => batches],
    ['a function that returns a generator', () => generate],
    ['a tf.data dataset', dataset],
    ['an iterable of its own', () => ({ [Symbol.iterator]: generate })],
  ])('takes %s, and disposes what it is given', async (_, make) => {
    await expectNoLeak(async () => {
      const classifier = await trainClassifier(backbone, make(), FAST);
      expect(classifier.classes).toEqual(CLASSES);
      expect(classifier.training).toMatchObject({
        pictures: { train: 12, validation: 0 },
        computed: 12,
      });
      await tellsApart(classifier);
      classifier.dispose();
    });
  });

  it('trains to the same weights, whatever they come in', async () => {
    const found: number[][] = [];
    for (const pictures of [generate(), stream(), () => typed(), dataset()]) {
      const classifier = await trainClassifier(backbone, pictures, { ...FAST, epochs: 3 });
      found.push(numbers(classifier.model));
      classifier.dispose();
    }
    for (const weights of found) expect(weights).toEqual(found[0]);
  });

  it('leaves the batches of an array to whoever made it', async () => {
    const own = typed();
    const validation = typed();
    await expectNoLeak(async () => {
      const classifier = await trainClassifier(backbone, own, { ...FAST, validation });
      expect(classifier.training!.pictures).toEqual({ train: 12, validation: 12 });
      const bestEpoch = classifier.history[byAdam(classifier.training).bestEpoch]!;
      expect(bestEpoch.validationAccuracy).toBe(1);
      await classifier.evaluate(own);
      await translationRobustness(classifier, own, { shifts: [1] });
      classifier.dispose();
    });
    const images = [...own, ...validation].map((batch) => batch.images);
    expect(images.map(({ isDisposed }) => isDisposed)).toEqual([false, false, false, false]);
    tf.dispose(images);
  });

  it('refuses to validate on the batches that are trained on', async () => {
    const own = typed();
    await expectNoLeak(async () => {
      for (const [train, validation] of [
        [own, own],
        [own, own.slice(1)],
        [generate, generate],
      ] as [Pictures, Pictures][]) {
        await expect(trainClassifier(backbone, train, { ...FAST, validation })).rejects.toThrow(
          'validation: expected pictures that are not used for training, got some that are',
        );
      }
    });
    tf.dispose(own.map(({ images }) => images));
  });

  it('has features of theirs without a count to tell', async () => {
    const steps: unknown[] = [];
    const onProgress = (step: unknown) => steps.push(step);
    await expectNoLeak(async () => {
      const features = await extractFeatures(backbone, stream(), { classes: CLASSES, onProgress });
      expect(features).toMatchObject({ classes: CLASSES, computed: 12, featureShape: [1, 1, 64] });
      expect(features.values.shape).toEqual([12, 1, 1, 64]);
      features.values.dispose();
    });
    const facts = { label: 'features', total: undefined, unit: 'pictures' };
    expect(steps).toEqual([0, 6, 12].map((done) => ({ ...facts, done })));
  });

  it('refuses features of two parts', async () => {
    const pictures = { path: 'photos' } as never;
    await expect(extractFeatures(backbone, pictures)).rejects.toThrow('pictures: expected');
  });
});

describe('batches are refused', () => {
  const good = () => drawBatch(3);
  const withLabels = (labels: unknown) => () => [good(), { ...good(), labels }];

  it.each<[string, () => unknown, object, string]>([
    [
      'without classes',
      generate,
      { classes: undefined },
      'classes: expected two or more unique names',
    ],
    ['with one class', generate, { classes: ['a'] }, 'classes: expected two or more unique names'],
    [
      'with a share to hold out',
      generate,
      { validation: 0.2 },
      "validation: expected pictures to validate on, as batches can't be split, got 0.2",
    ],
    [
      'with a label that no class has',
      () => withLabels([0, 1, 2, 0, 1, 3]),
      {},
      'batch.labels[5]: expected a class index from 0 to 2, got 3',
    ],
    [
      'with too few labels',
      () => withLabels([0]),
      {},
      'batch.labels: expected a class for each of',
    ],
    [
      'with labels by name',
      () => withLabels('red'),
      {},
      'batch.labels: expected an array of class',
    ],
    ['without labels', () => withLabels(undefined), {}, 'batch.labels: expected an array of class'],
    [
      'with labels that are one-hot',
      () => () => [{ ...good(), labels: tf.oneHot([0, 1, 2, 0, 1, 2], 3) }],
      {},
      'batch.labels: expected a class for each of 6 images, got 18',
    ],
    [
      'with a picture in place of a batch',
      () => () => [{ images: tf.zeros([8, 8, 3]), labels: [0] }],
      {},
      'batch.images: expected a tensor [n, h, w, 3] of at least one picture, got [8, 8, 3]',
    ],
    [
      'with grey pictures',
      () => () => [{ images: tf.zeros([2, 8, 8, 1]), labels: [0, 1] }],
      {},
      'batch.images: expected a tensor [n, h, w, 3] of at least one picture, got [2, 8, 8, 1]',
    ],
    [
      'with none in a batch',
      () => () => [{ images: tf.zeros([0, 8, 8, 3]), labels: [] }],
      {},
      'batch.images: expected a tensor [n, h, w, 3] of at least one picture, got [0, 8, 8, 3]',
    ],
    [
      'with what is no tensor',
      () => () => [good(), { images: [1, 2], labels: [0] }],
      {},
      'batch.images: expected a tensor [n, h, w, 3] of at least one picture, got [1, 2]',
    ],
    ['with nothing for one', () => () => [good(), null], {}, 'batch: expected an options object'],
    ['where there is none', () => () => [], {}, 'batches: expected at least one batch of images'],
    [
      'where they fail',
      () =>
        function* () {
          yield good();
          throw new Error('no more');
        },
      {},
      'no more',
    ],
    ['with a cache of files', generate, { cacheFolder: 'x' }, 'cacheFolder: expected none for'],
  ])('%s, and nothing is left behind', async (_, make, options, message) => {
    const before = numbers(backbone.model);
    await expectNoLeak(async () => {
      const pictures = make() as Pictures;
      const trained = trainClassifier(backbone, pictures, { ...FAST, ...options });
      await expect(trained).rejects.toThrow(message);
    });
    expect(numbers(backbone.model)).toEqual(before);
  });
});

describe('translationRobustness of a classifier', () => {
  it('is measured on pictures of any kind', async () => {
    await expectNoLeak(async () => {
      const classifier = await trainClassifier(backbone, generate(), FAST);
      const pictures = CLASSES.map((label) => ({ picture: colouredPicture(label, 5), label }));
      for (const each of [pictures, generate(), () => batches(), dataset()]) {
        const { shifts } = await translationRobustness(classifier, each, { shifts: [0, 4] });
        const images = each === pictures ? 3 : 12;
        const facts = { accuracy: 1, agreement: 1, images };
        expect(shifts).toEqual([0, 4].map((pixels) => ({ pixels, ...facts })));
      }
      tf.dispose(pictures.map(({ picture }) => picture));
      classifier.dispose();
    });
  });

  it('refuses what is no classifier, and what are no pictures', async () => {
    const classifier = await trainClassifier(backbone, generate(), { ...FAST, epochs: 1 });
    await expectNoLeak(async () => {
      await expect(translationRobustness(backbone.model as never, [])).rejects.toThrow(
        'classifier: expected one from loadClassifier() or trainClassifier(), got an object',
      );
      const [batch, other] = typed();
      await expect(translationRobustness(classifier, batch as never)).rejects.toThrow(
        'pictures: expected the path of a folder or a .csv file, a list of { picture, label }, or batches of images',
      );
      await expect(translationRobustness(classifier, () => [])).rejects.toThrow(
        'batches: expected at least one image, got none',
      );
      await expect(translationRobustness(classifier, [batch!], { shifts: [0.5] })).rejects.toThrow(
        'shifts: expected at least one whole number of pixels, got [0.5]',
      );
      tf.dispose([batch!.images, other!.images]);
    });
    classifier.dispose();
  });
});
