import * as tf from '@tensorflow/tfjs';
import {
  attachHead,
  buildHead,
  denseHead,
  flattenedHead,
  type Head,
  pooledHead,
} from 'resnet-heads';
import { headLike } from '../../src/model/head-like';
import { miniResnet } from '../setup/mini-resnet';

const SHAPE = [1, 1, 64] as const;

/** The settings of a head's layers but for their names. */
function settingsOf(head: Head): unknown {
  const model = buildHead(head, SHAPE, { weights: 'pending' });
  try {
    return model.layers.map((layer) => [
      layer.getClassName(),
      { ...layer.getConfig(), name: undefined },
      layer.outputShape,
    ]);
  } finally {
    model.dispose();
  }
}

describe('headLike', () => {
  it.each<[string, (numClasses: number) => Head]>([
    ['pooled', (numClasses) => pooledHead({ numClasses })],
    ['max', (numClasses) => pooledHead({ numClasses, pooling: 'max' })],
    ['avgmax', (numClasses) => pooledHead({ numClasses, pooling: 'avgmax', dropout: 0.5 })],
    ['catavgmax', (numClasses) => pooledHead({ numClasses, pooling: 'catavgmax' })],
    ['linear', (numClasses) => pooledHead({ numClasses, activation: 'linear' })],
    ['flattened', (numClasses) => flattenedHead({ numClasses, hiddenUnits: 7, dropout: 0.1 })],
    ['dense', (numClasses) => denseHead({ numClasses, hiddenUnits: 7 })],
    ['dense, pooled', (numClasses) => denseHead({ numClasses, hiddenUnits: 7, pooling: 'max' })],
  ])('has the layers of the head with other classes: %s', (_, make) => {
    const model = attachHead(miniResnet('v1', 1), make(3));
    expect(settingsOf(headLike(model, 5))).toEqual(settingsOf(make(5)));
    model.dispose();
  });

  it.each<[string, Head, RegExp]>([
    [
      'a layer of another kind',
      {
        name: 'mine',
        apply: (layers, features) =>
          layers.dense({ name: 'p', units: 3, activation: 'softmax' })(
            layers.flatten({ name: 'f' })(
              layers.conv2d({ name: 'c', filters: 2, kernelSize: 1 })(features),
            ),
          ),
      },
      /^from: expected a classifier with a pooled, flattened or dense head, got .* Conv2D;/,
    ],
    [
      'one score for two classes',
      pooledHead({ numClasses: 1, activation: 'sigmoid' }),
      /^from: expected a classifier whose last layer is dense, with a score for each class, got "Dense with 1 scores"/,
    ],
  ])('refuses %s', (_, head, message) => {
    const model = attachHead(miniResnet('v1', 1), head);
    expect(() => settingsOf(headLike(model, 5))).toThrow(message);
    model.dispose();
  });

  it('refuses a model of which it isn’t known where its backbone ends', () => {
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [4] })] });
    expect(() => headLike(model, 5)).toThrow(/^from: expected a classifier of which it is known/);
    model.dispose();
  });
});
