import * as tf from '@tensorflow/tfjs';
import {
  attachHead,
  createClassifier,
  denseHead,
  pictureBatches,
  pooledHead,
  preprocess,
} from 'resnet-heads';
import { expectNoLeak, messageOf } from '../setup/memory';
import { miniResnet } from '../setup/mini-resnet';

const METADATA = {
  classes: ['cat', 'dog', 'hen'],
  preprocessing: 'tf',
  inputSize: [32, 32],
} as const;

const picture = () => tf.tidy(() => tf.randomUniform<tf.Rank.R3>([40, 60, 3], 0, 255, 'int32', 3));

describe('pictureBatches', () => {
  it('brings pictures of any size to what a classifier looks at', async () => {
    const sizes = [
      [40, 60],
      [32, 32],
      [90, 30],
    ] as const;
    const pictures = sizes.map(([h, w], label) => ({
      picture: tf.randomUniform<tf.Rank.R3>([h, w, 3], 0, 255, 'int32', h),
      label,
    }));
    const model = attachHead(miniResnet('v1', 1), pooledHead({ numClasses: 3 }), { seed: 2 });
    const classifier = createClassifier(model, METADATA);
    await expectNoLeak(async () => {
      const found: number[][] = [];
      for (const { images, labels } of pictureBatches(pictures, { ...METADATA, batchSize: 2 })) {
        expect(labels).toEqual(found.length === 0 ? [0, 1] : [2]);
        const scores = model.predict(images) as tf.Tensor2D;
        found.push(...(await scores.array()));
        tf.dispose([images, scores]);
      }
      for (const [i, { picture: each }] of pictures.entries()) {
        for (const { className, probability } of await classifier.classify(each)) {
          const index = METADATA.classes.findIndex((name) => name === className);
          expect(probability).toBeCloseTo(found[i]![index]!, 5);
        }
      }
    });
    tf.dispose(pictures.map(({ picture: each }) => each));
    classifier.dispose();
  });

  it('rejects what is no picture, and leaves nothing behind', async () => {
    const grey = tf.zeros<tf.Rank.R3>([8, 8, 1]);
    await expectNoLeak(() => {
      const run = () => [...pictureBatches([{ picture: grey, label: 0 }], METADATA)];
      expect(messageOf(run)).toMatch(/^ArgumentError: picture: expected a tensor/);
    });
    grey.dispose();
  });
});

describe('createClassifier', () => {
  it('names the likeliest classes of a picture of any size', async () => {
    const model = attachHead(miniResnet('v1', 1), pooledHead({ numClasses: 3 }), { seed: 2 });
    const classifier = createClassifier(model, METADATA);
    const image = picture();
    await expectNoLeak(async () => {
      const all = await classifier.classify(image);
      expect(all.map(({ className }) => className).sort()).toEqual(['cat', 'dog', 'hen']);
      expect(all.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 5);
      const order = all.map(({ probability }) => probability);
      expect(order).toEqual([...order].sort((a, b) => b - a));
      expect(await classifier.classify(image, { top: 2 })).toEqual(all.slice(0, 2));
    });
    image.dispose();
    classifier.dispose();
  });

  it.each([NaN, Infinity])('gives no answer where a weight is %d', async (value) => {
    const model = attachHead(miniResnet('v1', 1), pooledHead({ numClasses: 3 }), { seed: 2 });
    const bias = tf.tensor1d([0, value, 0]);
    model.getLayer('predictions').weights[1]!.write(bias);
    bias.dispose();
    const classifier = createClassifier(model, METADATA);
    const image = picture();
    await expectNoLeak(async () => {
      await expect(classifier.classify(image)).rejects.toThrow(
        /^scores: expected finite numbers, got NaN; the picture or the model's weights hold NaN/,
      );
    });
    image.dispose();
    classifier.dispose();
  });

  it('looks at the middle of a picture, at the size and scale that the base wants', async () => {
    const model = attachHead(miniResnet('v1', 1), pooledHead({ numClasses: 3 }), { seed: 2 });
    const classifier = createClassifier(model, METADATA);
    // Twice as wide as high: what is cut off on both sides doesn't count.
    const middle = tf.randomUniform<tf.Rank.R3>([32, 32, 3], 0, 255, 'int32', 5);
    const wide = tf.tidy(() => tf.concat([tf.zeros([32, 16, 3]), middle, tf.ones([32, 16, 3])], 1));
    const expected = tf.tidy(() =>
      (model.predict(preprocess(middle.expandDims(0), 'tf')) as tf.Tensor).dataSync(),
    );
    for (const image of [middle, wide as tf.Tensor3D]) {
      for (const { className, probability } of await classifier.classify(image)) {
        const index = METADATA.classes.findIndex((name) => name === className);
        expect(probability).toBeCloseTo(expected[index]!, 5);
      }
    }
    tf.dispose([middle, wide]);
    classifier.dispose();
  });

  it('averages a map, and takes one score for that of the second class', async () => {
    const image = picture();
    const map = createClassifier(
      attachHead(miniResnet('v1', 1), denseHead({ numClasses: 3, hiddenUnits: 4 }), { seed: 1 }),
      METADATA,
    );
    const sum = (await map.classify(image)).reduce((all, { probability }) => all + probability, 0);
    expect(sum).toBeCloseTo(1, 5);
    map.dispose();
    const one = createClassifier(
      attachHead(miniResnet('v1', 1), pooledHead({ numClasses: 1, activation: 'sigmoid' }), {
        seed: 1,
      }),
      { ...METADATA, classes: ['no', 'yes'] },
    );
    const [first, second] = await one.classify(image);
    expect(first!.probability + second!.probability).toBeCloseTo(1, 5);
    image.dispose();
    one.dispose();
  });

  it.each([
    [
      { classes: ['a', 'b'] },
      'metadata.classes: expected a name for each of 3 scores, got ["a", "b"]',
    ],
    [{ classes: 'abc' }, 'metadata.classes: expected names, got "abc"'],
    [
      { preprocessing: 'none' },
      'metadata.preprocessing: expected one of "caffe", "torch", "tf", got "none"',
    ],
    [{ inputSize: [32] }, 'metadata.inputSize: expected [height, width], got [32]'],
    [{ inputSize: [0, 32] }, 'metadata.inputSize: expected a positive integer, got 0'],
    [
      { version: 1 },
      'metadata.version: expected 2, got 1; it was saved by another version of resnet-heads',
    ],
  ])('rejects %j', (wrong, message) => {
    const model = attachHead(miniResnet('v1', 1), pooledHead({ numClasses: 3 }));
    const metadata = { ...METADATA, ...wrong } as unknown as typeof METADATA;
    expect(messageOf(() => createClassifier(model, metadata))).toBe(`ArgumentError: ${message}`);
    model.dispose();
  });

  it('rejects what is no picture', async () => {
    const model = attachHead(miniResnet('v1', 1), pooledHead({ numClasses: 3 }));
    const classifier = createClassifier(model, METADATA);
    const grey = tf.zeros<tf.Rank.R3>([8, 8, 1]);
    await expectNoLeak(async () => {
      await expect(classifier.classify(grey)).rejects.toThrow(
        'picture: expected a tensor [height, width, 3], got [8, 8, 1]; drop an alpha channel, or a batch of one',
      );
    });
    grey.dispose();
    classifier.dispose();
  });
});
