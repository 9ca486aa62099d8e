import * as tf from '@tensorflow/tfjs';
import { attachHead, denseHead, flattenedHead, type Head, pooledHead } from 'resnet-heads';
import { classActivationMap } from '../../src/explain/activation-map';
import { expectNoLeak } from '../setup/memory';

const [HEIGHT, WIDTH, CHANNELS] = [3, 4, 5];

/** A base that hands its image on, as it has no weights. */
function emptyBase(): tf.LayersModel {
  const inputs = tf.input({ shape: [HEIGHT, WIDTH, CHANNELS] });
  const outputs = tf.layers.activation({ activation: 'linear', name: 'end' }).apply(inputs);
  return tf.model({ inputs, outputs: outputs as tf.SymbolicTensor });
}

/** Generalised-mean pooling: the cube root of the mean of cubes. */
class Gem extends tf.layers.Layer {
  static readonly className = 'Gem';
  override computeOutputShape(shape: tf.Shape): tf.Shape {
    return [shape[0] ?? null, shape[3] ?? null];
  }
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() =>
      [inputs]
        .flat()[0]!
        .pow(3)
        .mean([1, 2])
        .pow(1 / 3),
    );
  }
}

const ends = (x: unknown): tf.SymbolicTensor =>
  tf.layers.dense({ units: 3, name: 'scores' }).apply(x as tf.SymbolicTensor) as tf.SymbolicTensor;

const headModel = (layers: (x: tf.SymbolicTensor) => unknown): tf.LayersModel => {
  const inputs = tf.input({ shape: [HEIGHT, WIDTH, CHANNELS] });
  return tf.model({ inputs, outputs: ends(layers(inputs)) });
};

const convolved = (): tf.LayersModel =>
  headModel((x) => {
    const [padding, activation] = ['same', 'relu'] as const;
    const wide = tf.layers.conv2d({ filters: 4, kernelSize: 3, padding, activation }).apply(x);
    const norm = tf.layers.batchNormalization().apply(wide);
    const each = tf.layers.depthwiseConv2d({ kernelSize: 3, padding, activation }).apply(norm);
    return tf.layers.flatten().apply(each);
  });

const HEADS: Readonly<Record<string, () => Head | tf.LayersModel>> = {
  average: () => pooledHead({ numClasses: 3 }),
  max: () => pooledHead({ numClasses: 3, pooling: 'max' }),
  avgmax: () => pooledHead({ numClasses: 3, pooling: 'avgmax' }),
  catavgmax: () => pooledHead({ numClasses: 3, pooling: 'catavgmax', dropout: 0.5 }),
  GeM: () => headModel((x) => new Gem().apply(x)),
  flattened: () => flattenedHead({ numClasses: 3, hiddenUnits: 6 }),
  'perceptron of averages': () => denseHead({ numClasses: 3, hiddenUnits: 6, pooling: 'avg' }),
  'sigmoid, flattened': () =>
    flattenedHead({ numClasses: 3, hiddenUnits: 6, activation: 'sigmoid' }),
  'of one’s own, with convolutions': convolved,
};

const attached = (head: Head | tf.LayersModel): tf.LayersModel =>
  head instanceof tf.LayersModel ? attachHead(emptyBase(), head) : attachHead(emptyBase(), head);

/** Features of which no two are close, so that a small step changes no maximum: 0.1, 0.15, … in random order. */
const drawn = (): tf.Tensor4D =>
  tf.tidy(() => {
    const size = HEIGHT * WIDTH * CHANNELS;
    const order = Array.from(tf.util.createShuffledIndices(size), (i) => 0.1 + 0.05 * i);
    return tf.tensor4d(order, [1, HEIGHT, WIDTH, CHANNELS]);
  });

/** Gives all weights, biases too, values that are not zero. */
function drawAll(model: tf.LayersModel): void {
  const weights = model.getWeights().map((each) => tf.randomUniform(each.shape, 0.05, 0.5));
  const signed = weights.map((each) =>
    tf.tidy(() => each.mul(tf.randomUniform(each.shape, -1, 2))),
  );
  // Variances have to be positive.
  model.setWeights(
    model.weights.map(({ name }, i) => (name.includes('var') ? weights : signed)[i]!),
  );
  tf.dispose([weights, signed]);
}

/** The logits of features: of softmax and sigmoid, what they are computed from. */
function logitsOf(model: tf.LayersModel, x: tf.Tensor): tf.Tensor2D {
  const last = model.layers.at(-1) as tf.layers.Layer & { activation: unknown };
  const { activation } = last;
  last.activation = (
    tf.layers.dense({ units: 1 }) as unknown as { activation: unknown }
  ).activation;
  const found = model.predict(x) as tf.Tensor2D;
  last.activation = activation;
  return found;
}

/** Derivatives by each feature, from small steps to both sides. */
function slopesOf(model: tf.LayersModel, features: tf.Tensor4D, index: number): tf.Tensor {
  const STEP = 0.01;
  const { size } = features;
  return tf.tidy(() => {
    const steps = tf.eye(size).mul(STEP).reshape([size, HEIGHT, WIDTH, CHANNELS]);
    const [above, below] = [features.add(steps), features.sub(steps)].map((x) =>
      logitsOf(model, x).slice([0, index], [-1, 1]),
    );
    return above!
      .sub(below!)
      .div(2 * STEP)
      .reshape(features.shape);
  });
}

const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b);
const cloneOf = (x: tf.Tensor4D) => () => Promise.resolve(x.clone());

describe.each(Object.keys(HEADS))('the map of a head: %s', (name) => {
  it('is features times the slopes of the logit, times the number of positions', async () => {
    await expectNoLeak(async () => {
      const head = HEADS[name]!();
      const model = attached(head);
      drawAll(model);
      const features = drawn();
      for (const index of [0, 2]) {
        const expected = tf.tidy(() => {
          const slopes = slopesOf(model, features, index);
          return [
            ...slopes
              .mul(features)
              .sum(3)
              .mul(HEIGHT * WIDTH)
              .dataSync(),
          ];
        });
        const logits = logitsOf(model, features);
        const { values, score } = await classActivationMap(model, cloneOf(features), index);
        expect(values.shape).toEqual([HEIGHT, WIDTH]);
        const most = Math.max(...expected.map(Math.abs));
        expect(most).toBeGreaterThan(0);
        expect([...values.dataSync()].map((each) => each / most)).toBeAllclose(
          expected.map((each) => each / most),
          5e-3,
        );
        expect(score).toBeCloseTo(logits.dataSync()[index]!, 4);
        tf.dispose([values, logits]);
      }
      features.dispose();
      if (head instanceof tf.LayersModel) head.dispose();
      model.dispose();
    });
  });
});

it('of a pooled head is the features weighted by the class’s kernel', async () => {
  await expectNoLeak(async () => {
    const model = attached(HEADS['average']!());
    drawAll(model);
    const features = drawn();
    const [kernel] = model.getLayer('predictions').getWeights();
    const { values } = await classActivationMap(model, cloneOf(features), 1);
    const closed = tf.tidy(() => {
      const weights = kernel!.slice([0, 1], [CHANNELS, 1]).reshape([CHANNELS]);
      return features.mul(weights).sum(3).dataSync();
    });
    const most = Math.max(...closed.map(Math.abs));
    expect([...values.dataSync()].map((each) => each / most)).toBeAllclose(
      [...closed].map((each) => each / most),
      1e-5,
    );
    tf.dispose([features, values]);
    model.dispose();
  });
});

it.each(['average', 'max', 'avgmax', 'catavgmax', 'GeM'])(
  'of pooling %s has as its mean the logit without the class’s bias',
  async (name) => {
    await expectNoLeak(async () => {
      const head = HEADS[name]!();
      const model = attached(head);
      drawAll(model);
      const features = drawn();
      const bias = model.layers.at(-1)!.getWeights()[1]!.dataSync()[1]!;
      const { values, score } = await classActivationMap(model, cloneOf(features), 1);
      expect(sum(values.dataSync()) / values.size + bias).toBeCloseTo(score, 4);
      tf.dispose([features, values]);
      if (head instanceof tf.LayersModel) head.dispose();
      model.dispose();
    });
  },
);

it('of a flattened head has as its mean the logit, if no layer has a bias', async () => {
  await expectNoLeak(async () => {
    const model = attachHead(emptyBase(), flattenedHead({ numClasses: 3, hiddenUnits: 6 }));
    drawAll(model);
    for (const name of ['hidden', 'predictions']) {
      const layer = model.getLayer(name);
      const none = tf.zerosLike(layer.getWeights()[1]!);
      layer.setWeights([layer.getWeights()[0]!, none]);
      none.dispose();
    }
    const features = drawn();
    const { values, score } = await classActivationMap(model, cloneOf(features), 1);
    expect(sum(values.dataSync()) / values.size).toBeCloseTo(score, 4);
    tf.dispose([features, values]);
    model.dispose();
  });
});

it('counts only the positions of the maxima with pooling by maximum', async () => {
  const base = emptyBase();
  const model = attachHead(
    base,
    pooledHead({ numClasses: 1, pooling: 'max', activation: 'linear' }),
  );
  drawAll(model);
  const features = tf.tidy(() => {
    const values = tf.buffer([1, HEIGHT, WIDTH, CHANNELS]);
    for (let channel = 0; channel < CHANNELS; channel++) values.set(1 + channel, 0, 1, 2, channel);
    return values.toTensor() as tf.Tensor4D;
  });
  const { values } = await classActivationMap(model, cloneOf(features), 1);
  const where = [...values.dataSync()].map((value) => value !== 0);
  expect(where).toEqual(Array.from({ length: HEIGHT * WIDTH }, (_, i) => i === WIDTH + 2));
  tf.dispose([features, values]);
  model.dispose();
});
