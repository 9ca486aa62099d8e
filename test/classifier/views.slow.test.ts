import * as tf from '@tensorflow/tfjs';
import {
  type Backbone,
  type Classification,
  type Classifier,
  type ConfusionEvaluation,
  denseHead,
  type ExtractedFeatures,
  extractFeatures,
  type LabelledPicture,
  loadBackbone,
  type PictureBatch,
  pooledHead,
  trainClassifier,
  type TrainOptions,
  type ViewName,
} from 'resnet-heads';
import { viewPixels, VIEWS } from '../../src/pictures/view-pixels';
import { COLOURS, colouredPicture, colouredPictures } from '../setup/coloured-pictures';
import { expectNoLeak } from '../setup/memory';
import { miniResnet } from '../setup/mini-resnet';

const SIZE = 32;
const HEAD = pooledHead({ numClasses: 3 });
const NAMES: readonly ViewName[] = ['brightness', 'mirror'];
const IMAGES = 4;

let backbone: Backbone;
let pictures: readonly (LabelledPicture & { readonly picture: tf.Tensor3D })[];
beforeAll(async () => {
  backbone = await loadBackbone(miniResnet('v1', 1), { preprocessing: 'tf' });
  // Whole numbers of the right size, so that a view of one is exactly what `viewPixels` gives.
  pictures = colouredPictures(7).map(({ picture, label }) => {
    const resized = tf.tidy(() =>
      tf.image.resizeBilinear(picture.toFloat(), [SIZE, SIZE]).round().as3D(SIZE, SIZE, 3),
    );
    picture.dispose();
    return { picture: resized, label };
  });
});
afterAll(() => {
  tf.dispose(pictures.map(({ picture }) => picture));
  backbone.dispose();
});

/** A picture and its views, which the caller disposes. */
const viewsOf = (picture: tf.Tensor3D): tf.Tensor3D[] => [
  picture.clone(),
  ...NAMES.flatMap((name) => VIEWS[name]).map((view) => {
    const bytes = viewPixels(picture.dataSync(), [SIZE, SIZE], view);
    return tf.tensor3d(Float32Array.from(bytes), [SIZE, SIZE, 3]);
  }),
];

const numbersOf = ({ values }: ExtractedFeatures) => values.dataSync<'float32'>();

/** The labels and rows that features should have: each picture, then its views. */
async function expected(): Promise<ExtractedFeatures> {
  const list = pictures.flatMap(({ picture, label }) =>
    viewsOf(picture).map((view) => ({ picture: view, label })),
  );
  const found = await extractFeatures(backbone, list, { head: HEAD });
  tf.dispose(list.map(({ picture }) => picture));
  return found;
}

describe('extractFeatures with views', () => {
  const classes = Object.keys(COLOURS).sort();
  const batches = (): PictureBatch[] =>
    [pictures.slice(0, 6), pictures.slice(6)].map((some) => ({
      images: tf.stack(some.map(({ picture }) => picture)) as tf.Tensor4D,
      labels: some.map(({ label }) => classes.indexOf(String(label))),
    }));

  it.each([
    ['a list', () => pictures],
    [
      'a generator of batches',
      () =>
        (function* () {
          yield* batches();
        })(),
    ],
  ])('gives each picture and then its views, of %s', async (_, source) => {
    await expectNoLeak(async () => {
      const whole = await expected();
      const options = { head: HEAD, views: NAMES, classes, batchSize: 4 };
      const { batchSize, ...ofBatches } = options;
      const own = source();
      const progress: number[] = [];
      const onProgress = ({ done }: { readonly done: number }) => progress.push(done);
      const found = await extractFeatures(backbone, own as never, {
        ...(Array.isArray(own) ? { ...ofBatches, batchSize } : ofBatches),
        onProgress,
      });
      expect(found).toMatchObject({ views: IMAGES, computed: 21, labels: whole.labels });
      expect(numbersOf(found)).toBeAllclose(numbersOf(whole), 1e-5);
      expect(progress.at(-1)).toBe(21);
      tf.dispose([found.values, whole.values]);
    });
  });
});

describe('trainClassifier with views', () => {
  const train = (options: TrainOptions = {}) =>
    trainClassifier(backbone, pictures, { seed: 1, views: NAMES, ...options });

  it.each([
    ['L-BFGS', {}],
    ['Adam', { epochs: 3 }],
    ['a head of maps', { head: denseHead({ numClasses: 3, hiddenUnits: 4 }), epochs: 2 }],
    ['no validation', { validation: 0 }],
    ['weights by class', { classWeights: 'balanced' }],
    ['several labels', { multiLabel: true }],
  ] as const)('counts pictures: %s', async (_, options) => {
    await expectNoLeak(async () => {
      const classifier = await train(options);
      const { training } = classifier;
      const held = 'validation' in options ? 0 : 3;
      expect(training).toMatchObject({
        pictures: { train: 21 - held, validation: held },
        computed: 21,
      });
      // Fractions of the pictures, not of the views.
      const right = (training?.accuracy ?? NaN) * (21 - held);
      expect(right).toBeCloseTo(Math.round(right), 4);
      classifier.dispose();
    });
  });

  it('trains on the views, and measures familiarity without them', async () => {
    const results: number[][] = [];
    const distances: number[][] = [];
    for (const views of [undefined, NAMES]) {
      const classifier = await train(views === undefined ? { views } : {});
      const fresh = colouredPicture('red', 99, SIZE);
      const options = { familiarity: true } as const;
      const { familiarity, classes } = await classifier.classify(fresh, options);
      results.push(classes.map(({ probability }) => probability));
      const files = await classifier.files();
      distances.push([...files['familiarity.safetensors']!]);
      expect(familiarity).toBeGreaterThanOrEqual(0);
      fresh.dispose();
      classifier.dispose();
    }
    expect(results[1]).not.toEqual(results[0]);
    expect(distances[1]).toEqual(distances[0]);
  });

  it.each([
    [{ views: ['flip'] as never }, 'views: expected a list of "mirror", '],
    [{ views: 'mirror' as never }, 'views: expected a list of '],
  ])('refuses %j', async (wrong, message) => {
    await expectNoLeak(async () => {
      await expect(train(wrong)).rejects.toThrow(message);
      await expect(extractFeatures(backbone, pictures, wrong)).rejects.toThrow(message);
    });
  });
});

describe('a classifier with views', () => {
  let classifier: Classifier;
  beforeAll(async () => {
    classifier = await trainClassifier(backbone, pictures, { validation: 0 });
  });
  afterAll(() => {
    classifier.dispose();
  });

  const byClass = (found: readonly Classification[]) =>
    Object.fromEntries(found.map(({ className, probability }) => [className, probability]));

  it('averages the probabilities of the picture and its views', async () => {
    const { picture } = pictures[0]!;
    await expectNoLeak(async () => {
      const all = viewsOf(picture);
      const alone = (await classifier.classify(all)).map(byClass);
      tf.dispose(all);
      const found = byClass(await classifier.classify(picture, { views: NAMES }));
      for (const name of classifier.classes) {
        const mean = alone.reduce((sum, each) => sum + each[name]! / IMAGES, 0);
        expect(found[name]).toBeCloseTo(mean, 5);
      }
      expect(new Set(alone.map((each) => each['red'])).size).toBeGreaterThan(1);
    });
  });

  it('measures the familiarity of the picture itself', async () => {
    const { picture } = pictures[3]!;
    const options = { familiarity: true } as const;
    const plain = await classifier.classify(picture, options);
    const averaged = await classifier.classify(picture, { ...options, views: NAMES });
    expect(averaged.familiarity).toBe(plain.familiarity);
    expect(averaged.classes).not.toEqual(plain.classes);
    const found = await classifier.classify(picture, { reject: true, views: NAMES, top: 1 });
    expect(found.length).toBe(plain.familiarity < 0.05 ? 0 : 1);
  });

  it('evaluates what it classifies', async () => {
    await expectNoLeak(async () => {
      const evaluation = (await classifier.evaluate(pictures, {
        ...{ views: NAMES, batchSize: 4 },
      })) as ConfusionEvaluation;
      expect(evaluation.total).toBe(21);
      const found = await classifier.classify(
        pictures.map(({ picture }) => picture),
        { views: NAMES, top: 1 },
      );
      const likeliest = found.map(([first]) => first!);
      expect(evaluation.predicted.map((index) => classifier.classes[index])).toEqual(
        likeliest.map(({ className }) => className),
      );
      expect(evaluation.confidences).toBeAllclose(
        likeliest.map(({ probability }) => probability),
        1e-5,
      );
    });
  });

  it('refuses unknown views', async () => {
    const wrong = { views: ['flip'] as never };
    await expectNoLeak(async () => {
      await expect(classifier.classify(pictures[0]!.picture, wrong)).rejects.toThrow('views: ');
      await expect(classifier.evaluate(pictures, wrong)).rejects.toThrow('views: ');
    });
  });
});
