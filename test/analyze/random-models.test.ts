import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { analyze } from 'resnet-heads';
import { expectNoLeak } from '../setup/memory';

type Layer = (x: tf.SymbolicTensor) => tf.SymbolicTensor;

const small = fc.integer({ min: 1, max: 3 });
const sizes = fc.oneof(small, fc.tuple(small, small));
const padding = fc.constantFrom('same' as const, 'valid' as const);
const window = fc.record({ strides: sizes, padding });

/** Layers of a map [h, w, c], with every option that decides a count drawn. */
const layer: fc.Arbitrary<Layer> = fc.oneof(
  fc
    .record({
      filters: small,
      kernelSize: sizes,
      strides: sizes,
      padding,
      useBias: fc.boolean(),
    })
    .map(
      (config): Layer =>
        (x) =>
          apply(tf.layers.conv2d(config), x),
    ),
  fc.record({ kernelSize: sizes, dilationRate: small, filters: small, padding }).map(
    (config): Layer =>
      (x) =>
        apply(tf.layers.conv2d(config), x),
  ),
  fc
    .record({ filters: small, kernelSize: sizes, strides: sizes, padding, useBias: fc.boolean() })
    .map(
      (config): Layer =>
        (x) =>
          apply(tf.layers.conv2dTranspose(config), x),
    ),
  fc
    .record({
      kernelSize: sizes,
      depthMultiplier: small,
      strides: small,
      padding,
      useBias: fc.boolean(),
    })
    .map(
      (config): Layer =>
        (x) =>
          apply(tf.layers.depthwiseConv2d(config), x),
    ),
  fc
    .record({
      filters: small,
      kernelSize: sizes,
      padding,
      useBias: fc.boolean(),
    })
    .map(
      (config): Layer =>
        (x) =>
          apply(tf.layers.separableConv2d(config), x),
    ),
  fc.record({ units: small, useBias: fc.boolean() }).map(
    (config): Layer =>
      (x) =>
        apply(tf.layers.dense(config), x),
  ),
  fc.record({ center: fc.boolean(), scale: fc.boolean() }).map(
    (config): Layer =>
      (x) =>
        apply(tf.layers.batchNormalization(config), x),
  ),
  fc.record({ poolSize: sizes, window }).map(
    ({ poolSize, window: by }): Layer =>
      (x) =>
        apply(tf.layers.maxPooling2d({ poolSize: pair(poolSize), ...both(by) }), x),
  ),
  fc.record({ poolSize: sizes, window }).map(
    ({ poolSize, window: by }): Layer =>
      (x) =>
        apply(tf.layers.averagePooling2d({ poolSize: pair(poolSize), ...both(by) }), x),
  ),
  fc.tuple(small, small, small, small).map(
    ([top, bottom, left, right]): Layer =>
      (x) =>
        apply(
          tf.layers.zeroPadding2d({
            padding: [
              [top, bottom],
              [left, right],
            ],
          }),
          x,
        ),
  ),
  fc.tuple(small, small).map(
    (size): Layer =>
      (x) =>
        apply(tf.layers.upSampling2d({ size }), x),
  ),
  fc.constant<Layer>((x) => {
    const twice = apply(tf.layers.activation({ activation: 'relu' }), x);
    return tf.layers.add().apply([x, twice]) as tf.SymbolicTensor;
  }),
  fc.constant<Layer>((x) => tf.layers.concatenate({ axis: -1 }).apply([x, x]) as tf.SymbolicTensor),
  fc.constant<Layer>((x) => tf.layers.concatenate({ axis: 1 }).apply([x, x]) as tf.SymbolicTensor),
  fc.constant<Layer>((x) => apply(tf.layers.permute({ dims: [2, 1, 3] }), x)),
  fc.constant<Layer>((x) => apply(tf.layers.prelu({ sharedAxes: [1, 2] }), x)),
  fc.constant<Layer>((x) => apply(tf.layers.layerNormalization(), x)),
);

const ending: fc.Arbitrary<Layer> = fc.oneof(
  fc.constant<Layer>((x) => apply(tf.layers.globalAveragePooling2d({}), x)),
  fc.constant<Layer>((x) => apply(tf.layers.flatten(), x)),
  fc.constant<Layer>((x) => x),
);

const apply = (each: tf.layers.Layer, x: tf.SymbolicTensor) => each.apply(x) as tf.SymbolicTensor;
const pair = (size: number | [number, number]): [number, number] =>
  typeof size === 'number' ? [size, size] : size;
const both = ({
  strides,
  padding: pad,
}: {
  strides: number | [number, number];
  padding: 'same' | 'valid';
}) => ({
  strides: pair(strides),
  padding: pad,
});

/** A model of as many of the layers as its shrinking map bears. */
function build(layers: readonly Layer[], end: Layer): tf.LayersModel {
  const input = tf.input({ shape: [13, 11, 2] });
  let x = input;
  for (const each of layers) {
    const [, height = 0, width = 0] = x.shape;
    if (height! < 8 || width! < 8 || height! * width! > 2_000) break;
    x = each(x);
  }
  return tf.model({
    inputs: input,
    outputs: end(apply(tf.layers.activation({ activation: 'relu' }), x)),
  });
}

describe('analyze, over random models', () => {
  it('counts what TensorFlow.js builds: from the model, and from its topology alone', async () => {
    await expectNoLeak(() => {
      fc.assert(
        fc.property(fc.array(layer, { minLength: 1, maxLength: 6 }), ending, (layers, end) => {
          const model = build(layers, end);
          const [live, read] = [analyze(model), analyze(model.toJSON(undefined, false) as object)];
          expect(read).toEqual(live);
          expect(read.totals.params).toBe(model.countParams());
          for (const row of read.layers) {
            const [, ...shape] = model.getLayer(row.name).outputShape as number[];
            expect([row.name, row.outputShape]).toEqual([row.name, shape]);
          }
          model.dispose();
        }),
        { numRuns: 150 },
      );
    });
  });
});
