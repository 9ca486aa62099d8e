import * as tf from '@tensorflow/tfjs';
import {
  attachHead,
  type LabelledPicture,
  pooledHead,
  type Preprocessing,
  preprocess,
} from 'resnet-heads';
import { seedAt, shuffled } from '../../src/random.js';
import { stack } from './task.js';

/** Of a digit of MNIST; a base that halves it twice ends in 7 × 7, as a ResNet-50 at 224 does. */
const DIGIT_SHAPE: readonly number[] = [28, 28, 3];
/** Channels of each stage; all but the first halve height and width. */
const STAGES = [16, 32, 64];
const KERNEL = 3;
/** Of BatchNorm's averages. At the default of 0.99 they lag behind so short a training: 77.6 % unseen in place of 97.2. */
const MOMENTUM = 0.9;
const BATCH_SIZE = 64;
const LEARNING_RATE = 2e-3;

const relu = (x: tf.SymbolicTensor) => tf.layers.reLU().apply(x) as tf.SymbolicTensor;

/**
 * A residual network of three basic blocks (He et al., arXiv 1512.03385), with a projection where the shape changes:
 * `[28, 28, 3]` → `[7, 7, 64]`, not trained; its first weights are the same each time.
 */
export function smallBase(): tf.LayersModel {
  let seed = 0;
  const convolve = (x: tf.SymbolicTensor, filters: number, kernelSize: number, strides = 1) => {
    const kernelInitializer = tf.initializers.heNormal({ seed: ++seed });
    const layer = tf.layers.conv2d({
      ...{ filters, kernelSize, strides, kernelInitializer },
      ...{ padding: 'same', useBias: false },
    });
    return tf.layers
      .batchNormalization({ momentum: MOMENTUM })
      .apply(layer.apply(x)) as tf.SymbolicTensor;
  };
  const block = (x: tf.SymbolicTensor, filters: number, strides: number) => {
    const inner = relu(convolve(x, filters, KERNEL, strides));
    const residual = convolve(inner, filters, KERNEL);
    const changes = strides > 1 || x.shape.at(-1) !== filters;
    const shortcut = changes ? convolve(x, filters, 1, strides) : x;
    return relu(tf.layers.add().apply([residual, shortcut]) as tf.SymbolicTensor);
  };
  const input = tf.input({ shape: [...DIGIT_SHAPE] });
  let x = relu(convolve(input, STAGES[0] ?? 0, KERNEL));
  for (const [stage, filters] of STAGES.entries()) x = block(x, filters, stage === 0 ? 1 : 2);
  return tf.model({ inputs: input, outputs: x, name: 'small-residual-base' });
}

/** What a base is trained on. */
export interface BasePictures {
  readonly classes: readonly string[];
  readonly train: readonly LabelledPicture[];
  readonly unseen: readonly LabelledPicture[];
}

/**
 * Trains a base beneath a pooled head, as ResNets are.
 *
 * @returns accuracy on `unseen`
 */
export async function trainBase(
  base: tf.LayersModel,
  { classes, train: seen, unseen: held }: BasePictures,
  epochs: number,
  preprocessing: Preprocessing,
): Promise<number> {
  const numClasses = classes.length;
  const model = attachHead(base, pooledHead({ numClasses, activation: 'linear' }), { seed: 1 });
  model.compile({
    optimizer: tf.train.adam(LEARNING_RATE),
    loss: (truth: tf.Tensor, logits: tf.Tensor) => tf.losses.softmaxCrossEntropy(truth, logits),
  });
  const prepared = (pictures: readonly LabelledPicture[]) => {
    const { images, labels } = stack(pictures, classes);
    const scaled = tf.tidy(() => preprocess(images, preprocessing));
    images.dispose();
    return { images: scaled, labels };
  };
  const train = prepared(seen);
  for (let epoch = 0; epoch < epochs; epoch++) {
    // Not `fit`, which shuffles by Math.random.
    const order = shuffled(train.labels.length, seedAt(1, 0, epoch));
    for (let from = 0; from < order.length; from += BATCH_SIZE) {
      const index = order.subarray(from, from + BATCH_SIZE);
      const x = tf.tidy(() => train.images.gather(tf.tensor1d(index, 'int32')));
      const y = tf.tidy(() =>
        tf.oneHot(
          Int32Array.from(index, (i) => train.labels[i] ?? 0),
          numClasses,
        ),
      );
      await model.trainOnBatch(x, y);
      tf.dispose([x, y]);
    }
  }
  train.images.dispose();
  const unseen = prepared(held);
  const found = tf.tidy(() =>
    (model.predict(unseen.images, { batchSize: BATCH_SIZE }) as tf.Tensor).argMax(1).dataSync(),
  );
  unseen.images.dispose();
  return unseen.labels.filter((label, i) => found[i] === label).length / unseen.labels.length;
}
