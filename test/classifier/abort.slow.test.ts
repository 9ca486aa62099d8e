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
import {
  COLOURS,
  type Colour,
  colouredPicture,
  colouredPictures,
} from '../setup/coloured-pictures';
import { expectNoLeak } from '../setup/memory';
import { miniResnet, numbers } from '../setup/mini-resnet';

const CLASSES = Object.keys(COLOURS) as Colour[];
const LABELS = [0, 1, 2];
const REASON = new Error('enough');

let backbone: Backbone;
let classifier: Classifier;
beforeAll(async () => {
  backbone = await loadBackbone(miniResnet('v1', 1), { preprocessing: 'tf' });
  const options = { classes: CLASSES, epochs: 1 };
  classifier = await trainClassifier(backbone, () => [drawBatch(0)], options);
});
afterAll(() => {
  classifier.dispose();
  backbone.dispose();
});

function drawBatch(seed: number): PictureBatch {
  const images = tf.tidy(() =>
    tf.stack(LABELS.map((label) => colouredPicture(CLASSES[label]!, 20 * seed + label))),
  ) as tf.Tensor4D;
  return { images, labels: LABELS };
}

/** Batches without an end; the signal comes with the third. */
const endless = (controller: AbortController) =>
  function* (): Generator<PictureBatch> {
    for (let i = 1; ; i++) {
      if (i === 3) controller.abort(REASON);
      yield drawBatch(i);
    }
  };
/** The same, where a timer aborts. */
const timed = (controller: AbortController) => {
  setTimeout(() => {
    controller.abort(REASON);
  }, 20);
  return function* (): Generator<PictureBatch> {
    for (let i = 1; ; i++) yield drawBatch(i);
  };
};
/** One batch, then none, nor an end; the signal comes while it is awaited. */
const stuck = (controller: AbortController) =>
  async function* (): AsyncGenerator<PictureBatch> {
    yield drawBatch(1);
    setTimeout(() => {
      controller.abort(REASON);
    }, 5);
    await new Promise(() => undefined);
  };
const sources = { endless, timed, stuck };

type Use = (pictures: Pictures, signal: AbortSignal) => Promise<unknown>;

const calls: Record<string, Use> = {
  evaluate: (pictures, signal) => classifier.evaluate(pictures, { signal }),
  translationRobustness: (pictures, signal) =>
    translationRobustness(classifier, pictures, { signal, shifts: [1] }),
  extractFeatures: (pictures, signal) =>
    extractFeatures(backbone, pictures, { signal, classes: CLASSES }),
  trainClassifier: (pictures, signal) =>
    trainClassifier(backbone, pictures, { signal, classes: CLASSES }),
};
const tuning: Record<string, Use> = {
  fineTune: (pictures, signal) => classifier.fineTune(pictures, { signal }),
  'fineTune with balanced classes': (pictures, signal) =>
    classifier.fineTune(pictures, { signal, classWeights: 'balanced' }),
  'validation of fineTune': (validation, signal) =>
    classifier.fineTune(() => [drawBatch(1)], { signal, validation }),
};

describe.each(Object.entries({ ...calls, ...tuning }))('%s', (_, use) => {
  it.each(Object.entries(sources))(
    'ends where the signal comes during batches that are %s, and frees them',
    async (_name, make) => {
      const before = numbers(classifier.model);
      await expectNoLeak(async () => {
        const controller = new AbortController();
        const used = use(make(controller), controller.signal);
        await expect(used).rejects.toBe(REASON);
      });
      expect(numbers(classifier.model)).toEqual(before);
    },
  );
});

describe.each(Object.entries(calls))('%s', (_, use) => {
  it('makes nothing of pictures in hand after the signal', async () => {
    const list = colouredPictures(2);
    await expectNoLeak(async () => {
      await expect(use(list, AbortSignal.abort(REASON))).rejects.toBe(REASON);
    });
    tf.dispose(list.map(({ picture }) => picture));
  });

  it('frees a batch that comes after the signal', async () => {
    const late = drawBatch(1);
    const controller = new AbortController();
    let give: () => void = () => undefined;
    const given = new Promise<void>((resolve) => (give = resolve));
    async function* source() {
      controller.abort(REASON);
      await given;
      yield late;
    }
    await expect(use(source(), controller.signal)).rejects.toBe(REASON);
    give();
    await new Promise((resolve) => setImmediate(resolve));
    expect(late.images.isDisposed).toBe(true);
  });

  it('tells an iterator of its own that it has ended', async () => {
    const controller = new AbortController();
    const end = jest.fn(() => Promise.resolve({ done: true as const, value: undefined }));
    const source = {
      [Symbol.asyncIterator]: () => ({
        next: () => {
          setImmediate(() => {
            controller.abort(REASON);
          });
          return new Promise<IteratorResult<PictureBatch>>(() => undefined);
        },
        return: end,
      }),
    };
    await expect(use(source, controller.signal)).rejects.toBe(REASON);
    expect(end).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['named otherwise', ({ images }: PictureBatch) => ({ xs: images, ys: tf.tensor1d(LABELS) })],
    ['in tuples', ({ images }: PictureBatch) => [images, tf.tensor1d(LABELS)]],
  ])('frees tensors %s', async (_name, rename) => {
    await expectNoLeak(async () => {
      const pictures = (() => [rename(drawBatch(1))]) as unknown as Pictures;
      const { signal } = new AbortController();
      await expect(use(pictures, signal)).rejects.toThrow(/^batch(\.images)?: expected/);
    });
  });
});

it('refuses a batch size of 0 for batches', async () => {
  await expectNoLeak(async () => {
    await expect(classifier.evaluate([], { batchSize: 0 })).rejects.toThrow('pictures: expected');
    for (const use of [
      () => classifier.evaluate(() => [drawBatch(1)], { batchSize: 0 }),
      () => classifier.fineTune(() => [drawBatch(1)], { batchSize: 0 }),
      () => extractFeatures(backbone, () => [drawBatch(1)], { batchSize: 0, classes: CLASSES }),
    ]) {
      await expect(use()).rejects.toThrow('batchSize: expected a positive integer, got 0');
    }
  });
});
