import * as tf from '@tensorflow/tfjs';
import { preprocess, resnet } from 'resnet-heads';
import { IMAGENET_CLASSES } from '../../src/base/imagenet-classes';
import { expectNoLeak, messageOf } from '../setup/memory';

describe('preprocess', () => {
  // One pixel of pure red, by keras.applications.imagenet_utils.preprocess_input and torchvision's Normalize.
  it.each([
    ['caffe', [0 - 103.939, 0 - 116.779, 255 - 123.68]],
    ['torch', [(1 - 0.485) / 0.229, (0 - 0.456) / 0.224, (0 - 0.406) / 0.225]],
    ['tf', [1, -1, -1]],
    ['none', [255, 0, 0]],
  ] as const)('scales as %s', async (mode, expected) => {
    await expectNoLeak(() => {
      for (const shape of [
        [1, 1, 3],
        [1, 1, 1, 3],
      ]) {
        const image = tf.tensor([255, 0, 0], shape, 'int32');
        const scaled = preprocess(image, mode);
        expect(scaled.shape).toEqual(shape);
        expect(scaled.dataSync()).toBeAllclose(expected, 1e-6);
        tf.dispose([image, scaled]);
      }
    });
  });

  it('says what it can not scale', () => {
    const grey = tf.zeros([2, 2, 1]);
    expect(messageOf(() => preprocess(grey, 'tf'))).toBe(
      'ArgumentError: images: expected three channels (RGB) on the last axis, got [2, 2, 1]; drop an alpha channel',
    );
    expect(messageOf(() => preprocess(grey, 'keras' as 'tf'))).toBe(
      'ArgumentError: mode: expected one of "caffe", "torch", "tf", "none", got "keras"',
    );
    grey.dispose();
  });
});

describe('ImageNet', () => {
  it('has 1,000 classes in the order of their ids', () => {
    const ids = IMAGENET_CLASSES.trim()
      .split('\n')
      .map((line) => line.split(' ')[0]!);
    expect(ids).toHaveLength(1000);
    expect(ids).toEqual([...ids].sort());
    expect(new Set(ids).size).toBe(1000);
  });
});

describe('a ResNet with its top', () => {
  // keras.applications.ResNet50().count_params(), and torchvision's 25,557,032 with BatchNorm's statistics.
  it.each([
    ['v1', 25_636_712],
    ['v1.5', 25_557_032 + 53_120],
  ] as const)('has as many parameters as its authors say: %s', async (variant, params) => {
    await expectNoLeak(() => {
      const model = resnet({ variant, includeTop: true, weights: 'pending' });
      expect(model.countParams()).toBe(params);
      expect(model.outputShape).toEqual([null, 1000]);
      expect(model.layers.slice(-2).map(({ name }) => name)).toEqual(['avg_pool', 'predictions']);
      model.dispose();
    });
  });

  it('has one or has none', () => {
    expect(messageOf(() => resnet({ includeTop: 'yes' as never }))).toBe(
      'ArgumentError: includeTop: expected true or false, got "yes"',
    );
  });
});
