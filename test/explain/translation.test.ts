import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { attachHead, denseHead, pooledHead } from 'resnet-heads';
import type { Robustness, ShiftAxis } from '../../src/explain/robustness';
import { shiftImages, shiftRobustness } from '../../src/explain/translation';
import type { LabelledBatch } from '../../src/train/features';
import { identityBase, knownModel } from '../setup/known-model';
import { expectNoLeak } from '../setup/memory';

/** Says class 0 where the left pixel of a row of two is the brighter one, else class 1. */
function leftOrRight(): tf.LayersModel {
  const image = tf.input({ shape: [1, 2, 1] });
  const flat = tf.layers.flatten().apply(image);
  const dense = tf.layers.dense({ units: 2, useBias: false });
  const model = tf.model({ inputs: image, outputs: dense.apply(flat) as tf.SymbolicTensor });
  const kernel = tf.eye(2);
  dense.setWeights([kernel]);
  kernel.dispose();
  return model;
}

/** Brighter to the left, and brighter to the right. */
const rows = (): tf.Tensor4D => tf.tensor4d([2, 1, 1, 2], [2, 1, 2, 1]);

const figures = ({ shifts }: Robustness) =>
  shifts.map(({ pixels, accuracy, agreement, images }) => [pixels, accuracy, agreement, images]);

describe('shiftImages', () => {
  it.each<[ShiftAxis, number, number[]]>([
    ['x', 1, [1, 1, 2, 4, 4, 5, 7, 7, 8]],
    ['x', -1, [2, 3, 3, 5, 6, 6, 8, 9, 9]],
    ['y', 1, [1, 2, 3, 1, 2, 3, 4, 5, 6]],
    ['y', -2, [7, 8, 9, 7, 8, 9, 7, 8, 9]],
    ['both', 1, [1, 1, 2, 1, 1, 2, 4, 4, 5]],
    ['x', 0, [1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ['x', 99, [1, 1, 1, 4, 4, 4, 7, 7, 7]],
  ])('repeats the edge: %s by %i', async (axis, pixels, expected) => {
    await expectNoLeak(() => {
      const image = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]);
      const shifted = shiftImages(image, pixels, axis);
      expect([...shifted.dataSync()]).toEqual(expected);
      tf.dispose([image, shifted]);
    });
  });

  it('there and back again, the inside is what it was', () => {
    const size = fc.integer({ min: 1, max: 7 });
    const axis = fc.constantFrom<ShiftAxis>('x', 'y', 'both');
    fc.assert(
      fc.property(size, size, axis, fc.integer({ min: -8, max: 8 }), (h, w, along, pixels) => {
        tf.tidy(() => {
          const image = tf.range(0, 2 * h * w * 2).reshape<tf.Tensor4D>([2, h, w, 2]);
          const back = shiftImages(shiftImages(image, pixels, along), -pixels, along);
          expect(back.shape).toEqual(image.shape);
          // What was pushed over the edge is lost: the last pixels where it went right, the first where left.
          const kept = (length: number, moved: boolean): [number, number] => {
            const lost = moved ? Math.min(length, Math.abs(pixels)) : 0;
            return [pixels < 0 ? lost : 0, length - lost];
          };
          const [top, height] = kept(h, along !== 'x');
          const [left, width] = kept(w, along !== 'y');
          if (height === 0 || width === 0) return;
          const inside = (of: tf.Tensor4D) =>
            of.slice([0, top, left, 0], [2, height, width, 2]).dataSync();
          expect(inside(back)).toEqual(inside(image));
        });
      }),
      { numRuns: 50 },
    );
  });
});

describe('shiftRobustness', () => {
  it('takes no score that is NaN for a class', async () => {
    const model = leftOrRight();
    const images = tf.fill<tf.Rank.R4>(rows().shape, NaN);
    await expect(shiftRobustness(model, [{ images, labels: [0, 0] }])).rejects.toThrow(
      'scores: expected finite numbers, got NaN',
    );
    expect(images.isDisposed).toBe(true);
    model.dispose();
  });

  it('counts what is right and what stays as it was', async () => {
    await expectNoLeak(async () => {
      const model = leftOrRight();
      const images = rows();
      // Both are said to be class 0 once the edge fills the row: one was right unshifted, one was wrong.
      const result = await shiftRobustness(model, [{ images, labels: [0, 0] }], {
        shifts: [-1, 0, 1],
      });
      expect(result.axis).toBe('x');
      expect(figures(result)).toEqual([
        [-1, 1, 0.5, 2],
        [0, 0.5, 1, 2],
        [1, 1, 0.5, 2],
      ]);
      expect(images.isDisposed).toBe(true);
      model.dispose();
    });
  });

  it('compares with no shift where none is asked for, and keeps the order', async () => {
    await expectNoLeak(async () => {
      const model = leftOrRight();
      const result = await shiftRobustness(model, [{ images: rows(), labels: [0, 1] }], {
        shifts: [1, -1],
      });
      expect(figures(result)).toEqual([
        [1, 0.5, 0.5, 2],
        [-1, 0.5, 0.5, 2],
      ]);
      // Of one row: down is nowhere.
      const batch = { images: rows(), labels: [0, 1] };
      const down = await shiftRobustness(model, [batch], { axis: 'y' });
      expect(figures(down)).toEqual(
        [-32, -16, -8, -4, 0, 4, 8, 16, 32].map((pixels) => [pixels, 1, 1, 2]),
      );
      model.dispose();
    });
  });

  it('asks for each batch once, and holds no more memory for many than for one', async () => {
    await expectNoLeak(async () => {
      const model = leftOrRight();
      const held: number[] = [];
      // eslint-disable-next-line @typescript-eslint/require-await -- as a stream of files is
      async function* stream(): AsyncGenerator<LabelledBatch> {
        for (let i = 0; i < 4; i++) {
          const images = rows();
          held.push(tf.memory().numTensors);
          yield { images, labels: [0, 1] };
        }
      }
      const result = await shiftRobustness(model, stream(), { shifts: [0, 1] });
      expect(figures(result)).toEqual([
        [0, 1, 1, 8],
        [1, 0.5, 0.5, 8],
      ]);
      expect(held).toHaveLength(4);
      expect(new Set(held).size).toBe(1);
      model.dispose();
    });
  });

  it('averages a model that classifies each position', async () => {
    await expectNoLeak(async () => {
      const model = knownModel(denseHead({ numClasses: 2, hiddenUnits: 2, activation: 'linear' }), {
        hidden: [
          [1, 0, 0, 1],
          [0, 0],
        ],
        predictions: [
          [1, 0, 0, 1],
          [0, 0],
        ],
      });
      // The first channel is the larger at one position, the second in the mean: 4 against 5.
      const images = tf.tensor4d([4, 0, 0, 2, 0, 2, 0, 1], [1, 2, 2, 2]);
      const result = await shiftRobustness(model, [{ images, labels: [1] }], {
        shifts: [0, 1],
        axis: 'both',
      });
      // Shifted, that position fills all of them.
      expect(figures(result)).toEqual([
        [0, 1, 1, 1],
        [1, 0, 0, 1],
      ]);
      model.dispose();
    });
  });

  it('finds that a pooled head does not mind where', async () => {
    await expectNoLeak(async () => {
      const head = pooledHead({ numClasses: 2, pooling: 'max' });
      const model = attachHead(identityBase(), head, { seed: 1 });
      // What there is stands on the right, and on both sides once it is shifted to the left.
      const images = tf.tensor4d([0, 0, 1, 3, 0, 0, 2, 1], [1, 2, 2, 2]);
      const { shifts } = await shiftRobustness(model, [{ images, labels: [0] }], {
        shifts: [-1],
      });
      expect(shifts[0]).toMatchObject({ agreement: 1, images: 1 });
      model.dispose();
    });
  });

  it('says what does not fit', async () => {
    await expectNoLeak(async () => {
      const model = leftOrRight();
      const batch = (labels: readonly number[] = [0, 1]) => [{ images: rows(), labels }];
      const flat = () => tf.tidy(() => rows().as2D(2, 2)) as unknown as tf.Tensor4D;
      const messages: [() => Promise<unknown>, string][] = [
        [() => shiftRobustness({} as never, []), 'model: expected a tf.LayersModel, got an object'],
        [
          () => shiftRobustness(model, [], { shifts: [] }),
          'shifts: expected at least one whole number of pixels, got []',
        ],
        [
          () => shiftRobustness(model, [], { shifts: [0.5] }),
          'shifts: expected at least one whole number of pixels, got [0.5]',
        ],
        [
          () => shiftRobustness(model, [], { axis: 'z' as 'x' }),
          'axis: expected one of "x", "y", "both", got "z"',
        ],
        [() => shiftRobustness(model, []), 'batches: expected at least one image, got none'],
        [
          () => shiftRobustness(model, [{ images: flat(), labels: [0, 1] }]),
          'batch.images: expected a tensor [n, 1, 2, 1] of at least one image, got [2, 2]',
        ],
        [
          () => shiftRobustness(model, batch([0])),
          'batch.labels: expected a class for each of 2 images, got 1',
        ],
        [
          () => shiftRobustness(model, batch([0, 2])),
          'batch.labels[1]: expected a class index from 0 to 1, got 2',
        ],
      ];
      for (const [promise, message] of messages) {
        await expect(promise()).rejects.toThrow(new Error(message));
      }
      model.dispose();
    });
  });

  it('takes a single score for that of the second class', async () => {
    await expectNoLeak(async () => {
      const image = tf.input({ shape: [1, 2, 1] });
      const flat = tf.layers.flatten().apply(image);
      const dense = tf.layers.dense({ units: 1, activation: 'sigmoid' });
      const model = tf.model({ inputs: image, outputs: dense.apply(flat) as tf.SymbolicTensor });
      tf.tidy(() => {
        dense.setWeights([tf.tensor2d([[1], [-1]]), tf.zeros([1])]);
      });
      // Brighter on the left: the second class.
      const images = tf.tensor4d([3, 1, 1, 3], [2, 1, 2, 1]);
      const { shifts } = await shiftRobustness(model, [{ images, labels: [1, 0] }], {
        shifts: [0],
      });
      expect(shifts[0]!.accuracy).toBe(1);
      model.dispose();
    });
  });
});
