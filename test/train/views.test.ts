import * as tf from '@tensorflow/tfjs';
import { type Features, fitHead, pooledHead, type StoredFeatures } from 'resnet-heads';
import { withoutViews } from '../../src/train/without-views';
import { randomBy } from '../../src/random';
import { expectNoLeak } from '../setup/memory';

/** More than there are pictures, so that each can be told from all others. */
const WIDTH = 60;
const HEAD = pooledHead({ numClasses: 2 });

/** Features of pictures that tell nothing about their classes, each `views` times with a little noise. */
function noise(pictures: number, views: number, jitter: number): Features {
  const random = randomBy(3);
  const own = Array.from({ length: pictures * WIDTH }, () => random() - 0.5);
  const rows = Array.from({ length: pictures * views }, (_, row) =>
    own
      .slice(Math.floor(row / views) * WIDTH, (Math.floor(row / views) + 1) * WIDTH)
      .map((value) => value + (row % views === 0 ? 0 : jitter * (random() - 0.5))),
  );
  return {
    values: tf.tensor2d(rows),
    labels: Int32Array.from(rows, (_, row) => Math.floor(row / views) % 2),
    featureShape: [1, 1, WIDTH],
    views,
  };
}

const byLbfgs = async (features: Features, l2?: number) => {
  const { head, ...found } = await fitHead(HEAD, features, l2 === undefined ? {} : { l2 });
  const weights = head.getWeights().map((each) => [...each.dataSync()]);
  head.dispose();
  if (found.solver !== 'lbfgs') throw new Error('expected L-BFGS');
  return { ...found, weights };
};

describe('fitHead on views', () => {
  it('keeps the views of a picture in one fold', async () => {
    await expectNoLeak(async () => {
      const features = noise(40, 4, 1e-3);
      const apart = await byLbfgs({ ...features, views: 1 });
      const together = await byLbfgs(features);
      // Labels that can't be learned are known once a copy of the picture was seen.
      expect(Math.max(...apart.path.map((each) => each.validationAccuracy ?? 0))).toBe(1);
      expect(together.path.length).toBeGreaterThan(0);
      for (const { validationAccuracy = 1 } of together.path) {
        expect(validationAccuracy).toBeLessThan(0.75);
      }
      features.values.dispose();
    });
  });

  it('fits what it fits without, if the views are copies', async () => {
    const [once, thrice] = [noise(30, 1, 0), noise(30, 3, 0)];
    const [plain, copied] = [await byLbfgs(once), await byLbfgs(thrice)];
    expect(copied.l2).toBe(plain.l2);
    expect(copied.path.map((each) => each.validationAccuracy)).toEqual(
      plain.path.map((each) => each.validationAccuracy),
    );
    expect(copied.loss).toBeCloseTo(plain.loss, 4);
    expect(copied.accuracy).toBe(plain.accuracy);
    for (const [i, weights] of copied.weights.entries()) {
      expect(weights).toBeAllclose(plain.weights[i]!, 1e-3);
    }
    tf.dispose([once.values, thrice.values]);
  });

  it('measures the pictures without their views', async () => {
    // What a view shows is less, and of the other class.
    const signs = Array.from({ length: 20 }, (_, picture) => (picture % 2 === 0 ? -1 : 1));
    const values = tf.tensor2d(signs.flatMap((sign) => [[2 * sign], [-sign]]));
    const labels = Int32Array.from(
      signs.flatMap((sign) => [sign, sign].map((each) => +(each > 0))),
    );
    const features = { values, labels, featureShape: [1, 1, 1], views: 2 };
    const fitted = await byLbfgs(features, 0.1);
    expect(fitted.accuracy).toBe(1);
    const { accuracy } = await byLbfgs({ ...features, views: 1 }, 0.1);
    expect(accuracy).toBe(0.5);
    values.dispose();
  });

  it('takes each picture once in an epoch of Adam, as each of its views in turn', async () => {
    const { values, ...features } = noise(6, 3, 1);
    const read: number[][] = [];
    const stored: StoredFeatures = {
      ...{ ...features, shape: [WIDTH] },
      read: (images) => {
        read.push([...images]);
        return Promise.resolve(tf.tidy(() => tf.gather(values, tf.tensor1d(images, 'int32'))));
      },
    };
    await expectNoLeak(async () => {
      const { head } = await fitHead(HEAD, stored, { epochs: 3, learningRate: 0.01 });
      head.dispose();
    });
    // At a constant rate, all are checked first.
    const [checked, ...passes] = read;
    expect(checked).toEqual([...features.labels.keys()]);
    const [measured, ...others] = passes.reverse();
    const pictures = [0, 1, 2, 3, 4, 5];
    expect(measured).toEqual(pictures.map((picture) => 3 * picture));
    expect(others).toHaveLength(3);
    for (const order of others) {
      expect(order.map((image) => Math.floor(image / 3)).sort()).toEqual(pictures);
      expect(new Set(order.map((image) => image % 3)).size).toBe(3);
    }
    expect(others.flat().sort((a, b) => a - b)).toEqual([...features.labels.keys()]);
    values.dispose();
  });

  it.each([
    [
      { views: 3 },
      'features.views: expected the number of consecutive images of one picture, got "3 with 40 images"',
    ],
    [
      { views: 4 },
      'features.views: expected the number of consecutive images of one picture, got "4 with 40 images of other labels"',
    ],
    [{ views: 0 }, 'features.views: expected a positive integer, got 0'],
  ])('refuses %j', async (wrong, message) => {
    const features = noise(20, 2, 0);
    await expectNoLeak(async () => {
      await expect(fitHead(HEAD, { ...features, ...wrong })).rejects.toThrow(message);
    });
    features.values.dispose();
  });

  it('refuses views of validation pictures', async () => {
    const features = noise(20, 2, 0);
    await expectNoLeak(async () => {
      await expect(fitHead(HEAD, features, { validation: features })).rejects.toThrow(
        'validation.views: expected none, as pictures are measured without, got 2',
      );
    });
    features.values.dispose();
  });
});

describe('withoutViews', () => {
  it('takes the first image of each picture', () => {
    const values = tf.tensor2d([1, 2, 3, 4, 5, 6], [6, 1]);
    const own = { values, labels: Int32Array.of(1, 1, 1, 0, 0, 0), featureShape: [1, 1, 1] };
    const plain = withoutViews({ ...own, views: 3 });
    expect([...plain.values.dataSync()]).toEqual([1, 4]);
    expect(plain).toMatchObject({ labels: Int32Array.of(1, 0), featureShape: [1, 1, 1] });
    tf.dispose([values, plain.values]);
  });
});
