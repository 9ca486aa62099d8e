import * as tf from '@tensorflow/tfjs';
import {
  attachHead,
  extractFeatures,
  freeze,
  loadBackbone,
  pooledHead,
  splitModel,
  unfreeze,
} from 'resnet-heads';
import training from '../../goldens/training.json';
import { drawWeights } from '../../setup/draw';
import { reload } from '../../setup/reload';
import type { Case, Check, Surroundings } from './case';
import {
  answer,
  changed,
  classifierOf,
  fourImages,
  fourPictures,
  miniClassifier,
  numbersOf,
  toPixels,
} from './models';

const CLASSES = 10;
/** tfjs-node would report on each epoch. */
const QUIET = { verbose: 0 };

/** The mean cross-entropy of probabilities, which are nowhere near a bound here. */
function crossEntropy(labels: Int32Array, probabilities: tf.Tensor): tf.Scalar {
  const truth = tf.oneHot(tf.tensor1d(labels, 'int32'), CLASSES);
  return truth.mul(probabilities).sum(-1).log().mean().neg().asScalar();
}

const batches = () => [fourPictures()];

/** Has fine-tuning register the kernels that the backend lacks. */
async function supplyKernels(surroundings: Surroundings): Promise<void> {
  const classifier = await classifierOf(await miniClassifier(surroundings));
  await classifier.fineTune(batches, { epochs: 1 });
  classifier.dispose();
}

/** What a MobileNet is made of: depthwise convolutions, strided ones too, with pointwise ones between. */
function miniMobilenet(): tf.LayersModel {
  const { conv2d, depthwiseConv2d, batchNormalization, reLU } = tf.layers;
  const kernelInitializer = tf.initializers.heUniform({ seed: 1 });
  const depthwiseInitializer = kernelInitializer;
  const shape = { inputShape: [32, 32, 3] };
  return tf.sequential({
    layers: [
      conv2d({ ...shape, filters: 4, kernelSize: 3, strides: 2, kernelInitializer }),
      batchNormalization(),
      reLU({ maxValue: 6 }),
      depthwiseConv2d({ kernelSize: 3, padding: 'same', depthwiseInitializer }),
      conv2d({ filters: 6, kernelSize: 1, kernelInitializer }),
      reLU({ maxValue: 6 }),
      depthwiseConv2d({ kernelSize: 3, strides: 2, depthMultiplier: 2, depthwiseInitializer }),
      conv2d({ filters: 8, kernelSize: 1, kernelInitializer }),
      reLU({ maxValue: 6 }),
    ],
  });
}

/** On plain JavaScript. */
const MOBILENET_LOSSES = [1.409206509590149, 1.3693454265594482, 1.3446872234344482];

/** Two epochs of plain TensorFlow.js; the first one's loss. */
async function fit(model: tf.LayersModel, learningRate: number): Promise<number> {
  model.compile({ optimizer: tf.train.sgd(learningRate), loss: 'categoricalCrossentropy' });
  const { images, labels } = fourImages();
  const truth = tf.tidy(() => tf.oneHot(tf.tensor1d(labels, 'int32'), CLASSES));
  const { history } = await model.fit(images, truth, { epochs: 2, ...QUIET });
  tf.dispose([images, truth]);
  model.optimizer.dispose();
  return history['loss']![0] as number;
}

type Body = (model: tf.LayersModel, check: Check, surroundings: Surroundings) => Promise<void>;

/** A case on the mini network with its drawn weights. */
const onMini = (name: string, body: Body): Case => ({
  name,
  run: async (check: Check, surroundings: Surroundings) => {
    const model = await miniClassifier(surroundings);
    drawWeights(model);
    await body(model, check, surroundings);
    model.dispose();
  },
});

export const trainingBases: readonly Case[] = [
  onMini('extractFeatures: pooled on the way, against the base', async (model, check) => {
    const { base, head } = splitModel(model);
    const { images, labels } = fourImages();
    const pooled = tf.tidy(() => (base.predict(images) as tf.Tensor).mean([1, 2]));
    const backbone = await loadBackbone(base, { preprocessing: 'tf' });
    const batch = { images: toPixels(images), labels: tf.tensor1d(labels, 'int32') };
    const features = await extractFeatures(backbone, () => [batch], {
      head: pooledHead({ numClasses: CLASSES }),
      classes: Array.from(labels, String),
    });
    check.close(await features.values.data(), await pooled.data());
    check.same([...features.labels], [...labels], 'labels');
    tf.dispose([images, pooled, features.values]);
    head.dispose();
  }),
  onMini(
    'gradients of convolutions, first to last, against TensorFlow',
    async (model, check, surroundings) => {
      const { gradients, losses } = training.fineTune;
      freeze(model, () => true);
      unfreeze(model, ({ name }) => name in gradients);
      await supplyKernels(surroundings);
      const { images, labels } = fourImages();
      const { grads, value } = tf.variableGrads(() =>
        crossEntropy(labels, model.apply(images, { training: true }) as tf.Tensor),
      );
      check.close(await value.data(), losses.slice(0, 1));
      for (const [layer, { sample, norm }] of Object.entries(gradients)) {
        const kernel = model.getLayer(layer).weights[0]!.read() as unknown as tf.Variable;
        const found = await grads[kernel.name]!.data();
        const step = Math.floor(found.length / sample.length);
        const sampled = sample.map((_, i) => found[i * step]!);
        check.close([...sampled, Math.hypot(...found)], [...sample, norm]);
      }
      tf.dispose([grads, value, images]);
    },
  ),
  onMini(
    'classifier.fineTune, three steps of the last stage, against Keras',
    async (model, check) => {
      const before = await numbersOf(model);
      const classifier = await classifierOf(await reload(model));
      const { history } = await classifier.fineTune(batches, { epochs: 3, learningRate: 0.01 });
      const losses = history.map(({ loss }) => loss);
      check.close(losses, training.fineTune.losses);
      const learned = changed(before, await numbersOf(classifier.model));
      const selected = [...before.keys()].filter((name) =>
        /^(conv5_.*_conv|predictions)\//.test(name),
      );
      check.same(learned, selected, 'what learned');
      classifier.dispose();
    },
  ),
  {
    name: 'classifier.fineTune all of a small MobileNet, depthwise convolutions and all, as on cpu',
    run: async (check) => {
      const model = attachHead(miniMobilenet(), pooledHead({ numClasses: 4 }), { seed: 1 });
      const options = { epochs: 3, learningRate: 0.01, select: () => true };
      const classifier = await classifierOf(model);
      const { history } = await classifier.fineTune(batches, options);
      const losses = history.map(({ loss }) => loss);
      check.close(losses, MOBILENET_LOSSES);
      classifier.dispose();
    },
  },
  onMini('freeze: bit for bit the same after fit, and after a reload', async (model, check) => {
    freeze(model);
    const loaded = await reload(model);
    freeze(loaded);
    for (const each of [model, loaded]) {
      const before = await numbersOf(each);
      await fit(each, 0.1);
      const learned = ['predictions/kernel', 'predictions/bias'];
      check.same(changed(before, await numbersOf(each)), learned, 'what learned');
    }
    loaded.dispose();
  }),
  onMini('freeze: in training as in use', async (model, check) => {
    freeze(model);
    const loss = await fit(model, 0);
    const { images, labels } = fourImages();
    const probabilities = await answer(model, images);
    const own = Array.from(labels, (label, i) => -Math.log(probabilities[i * CLASSES + label]!));
    check.close([loss], [own.reduce((sum, each) => sum + each, 0) / own.length]);
    images.dispose();
  }),
  onMini('unfreeze: what is selected learns, the rest stands still', async (model, check) => {
    freeze(model);
    unfreeze(model, ({ name }) => name === 'conv5_block1_3_bn');
    const before = await numbersOf(model);
    await fit(model, 0.1);
    check.same(
      changed(before, await numbersOf(model)).sort(),
      [
        'conv5_block1_3_bn/beta',
        'conv5_block1_3_bn/gamma',
        'conv5_block1_3_bn/moving_mean',
        'conv5_block1_3_bn/moving_variance',
        'predictions/bias',
        'predictions/kernel',
      ],
      'what learned',
    );
  }),
];
