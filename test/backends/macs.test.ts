import * as tf from '@tensorflow/tfjs';
import { analyze, buildDenseResnet, buildFlattenedResnet, buildPooledResnet } from 'resnet-heads';

type Shape = readonly number[];

const volume = (shape: Shape) => shape.reduce((product, size) => product * size, 1);

/** What a kernel multiplied, by the shapes that it ran on; for those that multiply weights. */
const MACS: Readonly<Record<string, (inputs: readonly Shape[], output: Shape) => number>> = {
  // x [n, h, w, c] and filter [fh, fw, c, k]
  Conv2D: ([, filter = []], output) => volume(output) * volume(filter.slice(0, 3)),
  FusedConv2D: ([, filter = []], output) => volume(output) * volume(filter.slice(0, 3)),
  // filter [fh, fw, c, multiplier]
  DepthwiseConv2dNative: ([, filter = []], output) => volume(output) * volume(filter.slice(0, 2)),
  FusedDepthwiseConv2D: ([, filter = []], output) => volume(output) * volume(filter.slice(0, 2)),
  // a [batch, m, k], b [batch, k, n]
  BatchMatMul: ([a = []], output) => volume(output) * (a.at(-1) ?? 0),
  _FusedMatMul: ([a = []], output) => volume(output) * (a.at(-1) ?? 0),
};

/** MACs of the kernels that ran. */
async function run(model: tf.LayersModel, batchSize: number): Promise<number> {
  const x = tf.zeros([batchSize, ...(model.inputs[0]!.shape.slice(1) as number[])]);
  const { kernels } = await tf.profile(() => {
    tf.dispose(model.predict(x, { batchSize }));
    return [];
  });
  x.dispose();
  // tfjs-node's fused product runs the plain one, which is listed as well.
  const nested = tf.getBackend() === 'tensorflow' ? '_FusedMatMul' : undefined;
  const listed = kernels.filter(({ name }) => name !== nested);
  return listed.reduce((sum, { name, inputShapes, outputShapes }) => {
    const output = outputShapes[0] as Shape;
    return sum + (MACS[name]?.(inputShapes, output) ?? 0);
  }, 0);
}

function separable(): tf.LayersModel {
  const input = tf.input({ shape: [17, 13, 3] });
  const layers = [
    tf.layers.conv2d({ filters: 8, kernelSize: [3, 5], strides: 2, activation: 'relu' }),
    tf.layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, padding: 'same' }),
    tf.layers.batchNormalization(),
    tf.layers.conv2d({ filters: 6, kernelSize: 1, useBias: false }),
    tf.layers.separableConv2d({ filters: 5, kernelSize: 3, padding: 'same' }),
    tf.layers.conv2d({ filters: 4, kernelSize: 3, dilationRate: 2, padding: 'same' }),
    tf.layers.dense({ units: 7 }),
    tf.layers.flatten(),
    tf.layers.dense({ units: 3, activation: 'softmax' }),
  ];
  const output = layers.reduce<tf.SymbolicTensor>(
    (x, layer) => layer.apply(x) as tf.SymbolicTensor,
    input,
  );
  return tf.model({ inputs: input, outputs: output });
}

describe('the MACs that analyze counts', () => {
  const options = { numClasses: 10, inputShape: [64, 32, 3], weights: 'pending' } as const;
  it.each([
    ['a pooled ResNet-50', () => buildPooledResnet(options)],
    ['a flattened ResNet-50', () => buildFlattenedResnet(options)],
    ['a dense ResNet-50', () => buildDenseResnet(options)],
    ['a pooled ResNet-50 v1.5', () => buildPooledResnet({ ...options, variant: 'v1.5' })],
    ['depthwise, separable and dilated convolutions', separable],
  ])('are those of the kernels that run: %s', async (_, build) => {
    const model = build();
    const { totals } = analyze(model);
    expect(await run(model, 1)).toBe(totals.macs);
    expect(await run(model, 3)).toBe(3 * totals.macs);
    model.dispose();
  });
});
