import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { foldBatchNorm } from 'resnet-heads';
import { drawWeights } from '../setup/draw';
import { expectNoLeak } from '../setup/memory';

/** One step of a random network: a layer, maybe a BatchNorm, maybe a ReLU, maybe all of it added to what came in. */
const step = fc.record({
  layer: fc.constantFrom('conv2d', 'depthwiseConv2d', 'dense', 'separableConv2d', 'none'),
  useBias: fc.boolean(),
  activation: fc.constantFrom('linear', 'linear', 'tanh'),
  norm: fc.option(
    fc.record({
      scale: fc.boolean(),
      center: fc.boolean(),
      axis: fc.constantFrom(-1, -1, 3, 1),
    }),
    { freq: 4 },
  ),
  relu: fc.constantFrom('none', 'activation', 'reLU', 'relu6'),
  residual: fc.constantFrom('no', 'around all', 'around what follows the layer'),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

const CHANNELS = 4;
const apply = (layer: tf.layers.Layer, x: tf.SymbolicTensor | tf.SymbolicTensor[]) =>
  layer.apply(x) as tf.SymbolicTensor;

function layerOf({ layer, useBias, activation }: Step, name: string): tf.layers.Layer | undefined {
  const config = { name, useBias, activation, padding: 'same' } as const;
  const filters = { filters: CHANNELS, kernelSize: 2 };
  switch (layer) {
    case 'conv2d':
      return tf.layers.conv2d({ ...config, ...filters });
    case 'separableConv2d':
      return tf.layers.separableConv2d({ ...config, ...filters, depthMultiplier: 2 });
    case 'depthwiseConv2d':
      return tf.layers.depthwiseConv2d({ ...config, kernelSize: 2 });
    case 'dense':
      return tf.layers.dense({ name, useBias, activation, units: CHANNELS });
    case 'none':
      return undefined;
  }
}

function build(steps: readonly Step[]): tf.LayersModel {
  const image = tf.input({ shape: [5, 5, CHANNELS], name: 'image' });
  let x = image;
  for (const [i, each] of steps.entries()) {
    const before = x;
    const layer = layerOf(each, `layer${i}`);
    if (layer) x = apply(layer, x);
    const mid = x;
    if (each.norm) x = apply(tf.layers.batchNormalization({ ...each.norm, name: `norm${i}` }), x);
    const name = `relu${i}`;
    if (each.relu === 'activation') {
      x = apply(tf.layers.activation({ activation: 'relu', name }), x);
    } else if (each.relu !== 'none') {
      x = apply(tf.layers.reLU(each.relu === 'relu6' ? { maxValue: 6, name } : { name }), x);
    }
    if (each.residual !== 'no') {
      const around = each.residual === 'around all' ? before : mid;
      x = apply(tf.layers.add({ name: `add${i}` }), [around, x]);
    }
  }
  if (x === image) x = apply(tf.layers.activation({ activation: 'linear', name: 'end' }), x);
  const model = tf.model({ inputs: image, outputs: x });
  drawWeights(model);
  return model;
}

const RUNS = 100;

it('foldBatchNorm: any chain of layers answers the same, and accounts for each BatchNorm', async () => {
  let [folds, stays] = [0, 0];
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 5 }), async (steps) => {
      await expectNoLeak(async () => {
        const model = build(steps);
        const images = tf.randomUniform([2, 5, 5, CHANNELS], -1, 1, 'float32', 3);
        const { model: folded, folded: gone, kept } = await foldBatchNorm(model);
        const [expected, received] = [model, folded].map((each) =>
          tf.tidy(() => (each.predict(images) as tf.Tensor).dataSync()),
        );
        expect(received).toBeAllclose(expected!, 1e-5);
        const norms = model.layers.filter(({ name }) => name.startsWith('norm'));
        expect([...gone, ...kept].sort()).toEqual(norms.map(({ name }) => name).sort());
        expect(folded.layers.filter(({ name }) => name.startsWith('norm'))).toHaveLength(
          kept.length,
        );
        folds += gone.length;
        stays += kept.length;
        tf.dispose(images);
        folded.dispose();
        model.dispose();
      });
    }),
    { numRuns: RUNS },
  );
  // Neither is left out by what is drawn.
  expect(Math.min(folds, stays)).toBeGreaterThan(RUNS / 10);
});
