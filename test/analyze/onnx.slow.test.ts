import * as tf from '@tensorflow/tfjs';
import {
  analyze,
  buildDenseResnet,
  buildFlattenedResnet,
  buildPooledResnet,
  exportOnnx,
  foldBatchNorm,
  type OnnxOptions,
} from 'resnet-heads';
import { miniMobilenet } from '../examples/library/mini-mobilenet';
import { expectNoLeak } from '../setup/memory';

const KINDS: readonly OnnxOptions[] = [
  {},
  { dtype: 'float16' },
  { input: 'pixels', preprocessing: 'caffe' },
  { input: 'pixels', preprocessing: 'torch', dtype: 'float16' },
];

async function expectSameCosts(model: tf.LayersModel, kinds = KINDS) {
  const folded = await foldBatchNorm(model);
  const { totals } = analyze(folded.model);
  const kernels = folded.model.weights.filter(({ shape }) => shape.length > 1);
  const ofKernels = kernels.reduce(
    (sum, { shape }) => sum + tf.util.sizeFromShape(shape as number[]),
    0,
  );
  for (const options of kinds) {
    const stats = await analyze(await exportOnnx(model, options));
    const { params, trainableParams, macs, weightBytes } = stats.totals;
    expect([params, macs]).toEqual([totals.params, totals.macs]);
    expect(trainableParams).toBe(totals.trainableParams);
    expect(stats.uncounted).toEqual([]);
    // Kernels are float16, biases float32.
    const isHalf = options.dtype === 'float16';
    expect(weightBytes).toBe(4 * params - (isHalf ? 2 * ofKernels : 0));
    expect(stats.weightTypes[0]).toBe(isHalf ? 'float16' : 'float32');
    const sum = stats.layers.reduce((all, layer) => all + layer.params, 0);
    expect(sum).toBe(params);
    expect(stats.outputShapes).toEqual([model.outputs[0]!.shape.slice(1)]);
  }
  folded.model.dispose();
}

describe('analyze of an exported file', () => {
  it.each([
    ['pooled', buildPooledResnet],
    ['flattened', buildFlattenedResnet],
    ['dense', buildDenseResnet],
  ])('counts what the folded layers model does: ResNet-50, %s', async (name, build) => {
    await expectNoLeak(async () => {
      const model = build({ numClasses: 10, inputShape: [64, 64, 3], weights: 'pending' });
      await expectSameCosts(model, name === 'pooled' ? KINDS : [{}]);
      model.dispose();
    });
  });

  it('counts what the folded layers model does: depthwise convolutions', async () => {
    await expectNoLeak(async () => {
      const model = miniMobilenet();
      await expectSameCosts(model);
      model.dispose();
    });
  });
});
