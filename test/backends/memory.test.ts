import * as tf from '@tensorflow/tfjs';
import {
  analyze,
  buildDenseResnet,
  buildFlattenedResnet,
  buildPooledResnet,
  estimateMemory,
  type OptimizerName,
} from 'resnet-heads';

const SIZE = 1_000;

const OPTIMIZERS: Readonly<Record<OptimizerName, () => tf.Optimizer>> = {
  sgd: () => tf.train.sgd(0.1),
  momentum: () => tf.train.momentum(0.1, 0.9),
  adagrad: () => tf.train.adagrad(0.1),
  rmsprop: () => tf.train.rmsprop(0.1),
  adadelta: () => tf.train.adadelta(0.1),
  adamax: () => tf.train.adamax(0.1),
  adam: () => tf.train.adam(0.1),
};

const HEADS = [
  ['pooled', buildPooledResnet],
  ['flattened', buildFlattenedResnet],
  ['dense', buildDenseResnet],
] as const;

/** A model of one trained layer for each of the sizes. */
const sized = (sizes: readonly number[]) => ({
  layers: sizes.map((params, i) => ({
    name: `v${i}`,
    type: 'Dense',
    outputShape: [params],
    inputs: [],
    params,
    trainableParams: params,
    activationBytes: 0,
  })),
});

describe('what an optimizer holds', () => {
  it.each(Object.entries(OPTIMIZERS))('%s', async (name, make) => {
    const sizes = [SIZE, 3 * SIZE];
    const optimizer = make();
    const variables = sizes.map((size) => tf.variable(tf.ones([size])));
    const gradients = Object.fromEntries(
      variables.map((variable) => [variable.name, tf.onesLike(variable)]),
    );
    const before = tf.memory().numBytes;
    optimizer.applyGradients(gradients);
    const slots = tf.memory().numBytes - before;
    const { peakBytes } = await tf.profile(() => {
      optimizer.applyGradients(gradients);
      return [];
    });
    const temporaries = peakBytes - before - slots;

    const { training } = estimateMemory(sized(sizes), { optimizer: name as OptimizerName });
    // Counters and rates are scalars; a variable's worth would show.
    const scalars = 200;
    expect(Math.abs(slots - training.optimizerSlots)).toBeLessThan(scalars);
    expect(Math.abs(temporaries - training.temporaries)).toBeLessThan(scalars);
    optimizer.dispose();
    tf.dispose([variables, gradients]);
  });
});

/** What is used of TensorFlow.js's engine here, none of which its types show. */
interface Engine {
  trackTensor: (tensor: { readonly dataId: object }, backend: unknown) => void;
  removeDataId: (dataId: object, backend: unknown) => void;
  readonly state: { readonly tensorInfo: WeakMap<object, { readonly bytes: number }> };
}

/** The most bytes of buffers beyond those before; `tf.memory` counts a buffer again for each reshape of it. */
function peakBuffers(body: () => void): number {
  const engine = tf.engine() as unknown as Engine;
  const { tensorInfo } = engine.state;
  const [track, remove] = [engine.trackTensor.bind(engine), engine.removeDataId.bind(engine)];
  let [held, peak] = [0, 0];
  engine.trackTensor = (tensor, backend) => {
    const known = tensorInfo.has(tensor.dataId);
    track(tensor, backend);
    if (!known) held += tensorInfo.get(tensor.dataId)?.bytes ?? 0;
    peak = Math.max(peak, held);
  };
  engine.removeDataId = (dataId, backend) => {
    held -= tensorInfo.get(dataId)?.bytes ?? 0;
    remove(dataId, backend);
  };
  try {
    body();
  } finally {
    engine.trackTensor = track;
    engine.removeDataId = remove;
  }
  return peak;
}

describe('what predict holds', () => {
  it.each(HEADS)('is near what is estimated: %s', (_, build) => {
    const options = { numClasses: 10, inputShape: [64, 64, 3], weights: 'pending' } as const;
    const model = build(options);
    const batchSize = 2;
    const x = tf.zeros([batchSize, 64, 64, 3]);
    const held = peakBuffers(() => {
      tf.dispose(model.predict(x));
    });
    const stats = analyze(model);
    const { inference } = estimateMemory(stats, { batchSize });
    // tfjs-node gives a reshaped kernel a buffer of its own name, though TensorFlow shares the bytes.
    const dense = stats.layers.filter(({ type }) => type === 'Dense');
    const named = tf.getBackend() === 'tensorflow' ? dense : [];
    const shared = Math.max(0, ...named.map(({ weightBytes }) => weightBytes));
    // The estimate includes the input, which was there before.
    const ratio = held / (inference.total - inference.weights - 4 * x.size + shared);
    // The layer Add begins with a clone, which is a copy on wasm and a new name on TensorFlow.
    expect(ratio).toBeGreaterThan(0.8);
    expect(ratio).toBeLessThan(tf.getBackend() === 'cpu' ? 1.1 : 1.5);
    x.dispose();
    model.dispose();
  });
});
