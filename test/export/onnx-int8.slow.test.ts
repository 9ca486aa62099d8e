import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { InferenceSession } from 'onnxruntime-node';
import { exportOnnx, loadClassifier, type OnnxOptions } from 'resnet-heads';
import { resnetFeatures } from '../../src/base/architecture';
import { buildLayers } from '../../src/layers/tensorflow';
import { COLOURS, colouredPictures } from '../setup/coloured-pictures';
import { draw, drawWeights } from '../setup/draw';
import { everyLayer } from '../setup/every-layer';
import { expectNoLeak } from '../setup/memory';
import { runOnnx } from '../setup/onnx';
import { readOnnx } from '../setup/read-protobuf';

const SIZE = 32;

/** A ResNet's blocks with 8 channels, and a pooled head. */
function residual(): tf.LayersModel {
  const image = tf.input({ shape: [SIZE, SIZE, 3], name: 'input' });
  const { layers } = buildLayers({ weights: 'pending' });
  const features = resnetFeatures(layers, image, { depth: [1, 1, 1, 1], width: 8, variant: 'v1' });
  const pooled = tf.layers.globalAveragePooling2d({ name: 'avg_pool' }).apply(features);
  const scores = tf.layers.dense({ name: 'predictions', units: 3, activation: 'softmax' });
  return withWeights(
    tf.model({ inputs: image, outputs: scores.apply(pooled) as tf.SymbolicTensor }),
  );
}

/** Depthwise and pointwise convolutions with ReLU6, as in MobileNet v1, and a residual as in v2. */
function mobile(): tf.LayersModel {
  const image = tf.input({ shape: [SIZE, SIZE, 3], name: 'input' });
  const { layers } = tf;
  const step = (x: tf.SymbolicTensor, layer: tf.layers.Layer, isCut = true): tf.SymbolicTensor => {
    const normed = layers.batchNormalization({ name: `${layer.name}_bn` }).apply(layer.apply(x));
    const relu = layers.reLU({ name: `${layer.name}_relu`, maxValue: 6 });
    return (isCut ? relu.apply(normed) : normed) as tf.SymbolicTensor;
  };
  const padding = 'same';
  const conv = (name: string, filters: number, kernelSize = 1) =>
    layers.conv2d({ name, filters, kernelSize, padding, useBias: false });
  const depthwise = (name: string) =>
    layers.depthwiseConv2d({ name, kernelSize: 3, padding, useBias: false });
  const stem = step(image, conv('stem', 8, 3));
  const first = step(step(stem, depthwise('dw1')), conv('pw1', 12), false);
  const second = step(step(first, depthwise('dw2')), conv('pw2', 12), false);
  const sum = layers.add({ name: 'sum' }).apply([first, second]);
  const pooled = layers.globalAveragePooling2d({ name: 'pool' }).apply(sum);
  const scores = layers.dense({ name: 'predictions', units: 3, activation: 'softmax' });
  return withWeights(
    tf.model({ inputs: image, outputs: scores.apply(pooled) as tf.SymbolicTensor }),
  );
}

function withWeights(model: tf.LayersModel): tf.LayersModel {
  drawWeights(model);
  return model;
}

const MODELS = { residual, mobile };
type Name = keyof typeof MODELS;
const names = Object.keys(MODELS) as Name[];

/** Exports in float32 and in int8, calibrated on pictures of three colours. */
async function bothFiles(model: tf.LayersModel, options: OnnxOptions = {}) {
  const pictures = colouredPictures(8);
  try {
    const int8 = await exportOnnx(model, {
      ...{ preprocessing: 'tf', ...options, int8: { pictures } },
    });
    return { int8, float32: await exportOnnx(model, options) };
  } finally {
    tf.dispose(pictures.map(({ picture }) => picture));
  }
}

/** Images that weren't calibrated on, as `preprocessing: 'tf'` gives them. */
function images(): tf.Tensor4D {
  return tf.tidy(() => {
    const pixels = Object.values(COLOURS).flatMap((colour, i) => {
      const noise = tf.tensor4d(draw(`noise ${i}`, SIZE * SIZE * 3, -20, 20), [1, SIZE, SIZE, 3]);
      return noise.add(tf.tensor1d([...colour])).clipByValue(0, 255);
    });
    return tf.concat(pixels).div(127.5).sub(1);
  });
}

/** The operators that ONNX Runtime runs, after it has merged what it can. */
async function optimized(bytes: Uint8Array): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'resnet-heads-int8-'));
  try {
    const optimizedModelFilePath = join(folder, 'optimized.onnx');
    const logSeverityLevel = 3;
    const session = await InferenceSession.create(bytes, {
      optimizedModelFilePath,
      logSeverityLevel,
    });
    await session.release();
    return readOnnx(readFileSync(optimizedModelFilePath)).nodes.map(({ op }) => op);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('exportOnnx in int8', () => {
  it.each(names)('answers nearly as in float32: %s', async (name) => {
    const model = MODELS[name]();
    await expectNoLeak(async () => {
      const { int8, float32 } = await bothFiles(model);
      const pixels = images();
      const [data, shape] = [Float32Array.from(await pixels.data()), pixels.shape];
      pixels.dispose();
      const [expected, found] = [
        await runOnnx(float32, data, shape),
        await runOnnx(int8, data, shape),
      ];
      expect([found.output, found.shape]).toEqual([expected.output, expected.shape]);
      // Each of some 20 layers rounds to 1/255 of its range; their errors add up like random ones, to √20 / 255 of a score.
      expect(found.data).toBeAllclose(expected.data, 0.02);
      expect(found.data).not.toEqual(expected.data);
    });
    model.dispose();
  });

  it.each([
    ['residual', { QLinearConv: 17, QLinearAdd: 4 }],
    ['mobile', { QLinearConv: 5, QLinearAdd: 1 }],
  ] as const)('computes convolutions and sums with integers: %s', async (name, expected) => {
    const model = MODELS[name]();
    const { int8 } = await bothFiles(model);
    const ops = await optimized(int8);
    for (const [op, count] of Object.entries(expected)) {
      expect([op, ops.filter((each) => each === op)]).toEqual([op, Array(count).fill(op)]);
    }
    for (const op of ['Conv', 'FusedConv', 'Add', 'Relu', 'Clip']) expect(ops).not.toContain(op);
    // The head stays float32; of the activations, only the image and the features are converted.
    expect(ops.filter((op) => /^(Q|Deq)uantizeLinear$/.test(op))).toHaveLength(2);
    model.dispose();
  });

  it('takes a quarter of the space, with the same opset', async () => {
    const model = residual();
    const { int8, float32 } = await bothFiles(model);
    const [small, large] = [int8, float32].map(readOnnx);
    expect([small!.irVersion, small!.opset]).toEqual([large!.irVersion, large!.opset]);
    expect([small!.inputs, small!.outputs]).toEqual([large!.inputs, large!.outputs]);
    const kernels = [...large!.tensors].filter(([name]) => name.endsWith('conv/kernel'));
    for (const [kernel, shape] of kernels) {
      expect(small!.tensors.get(`${kernel}/quantized`)).toEqual(shape);
      expect(small!.tensors.has(kernel)).toBe(false);
    }
    expect(kernels).toHaveLength(17);
    expect(small!.tensors.has('predictions/kernel')).toBe(true);
    model.dispose();
  });

  it('writes the same bytes each time, and none of the pictures’ labels', async () => {
    const model = mobile();
    const pictures = colouredPictures(8);
    const relabelled = pictures.map(({ picture }, i) => ({ picture, label: i < 12 ? ['x'] : 'y' }));
    const as = async (list: typeof pictures | typeof relabelled) =>
      exportOnnx(model, { preprocessing: 'tf', int8: { pictures: list } });
    await expectNoLeak(async () => {
      const bytes = await as(pictures);
      expect(Buffer.compare(await as(pictures), bytes)).toBe(0);
      expect((await as(relabelled)).length).toBe(bytes.length);
    });
    tf.dispose(pictures.map(({ picture }) => picture));
    model.dispose();
  });

  it('scales pixels as the float32 file does', async () => {
    const model = residual();
    const { int8 } = await bothFiles(model);
    const { int8: ofPixels } = await bothFiles(model, { input: 'pixels', preprocessing: 'tf' });
    const pixels = Uint8Array.from(draw('pixels', SIZE * SIZE * 3, 0, 256));
    const scaled = Float32Array.from(pixels, (value) => Math.fround(value / 127.5) - 1);
    const shape = [1, SIZE, SIZE, 3];
    const [expected, found] = [
      await runOnnx(int8, scaled, shape),
      await runOnnx(ofPixels, pixels, shape),
    ];
    expect(found.input).toBe('pixels');
    expect(found.data).toBeAllclose(expected.data, 1e-4);
    model.dispose();
  });

  it('exports every kind of layer, of which some stay float32', async () => {
    const model = withWeights(everyLayer());
    await expectNoLeak(async () => {
      const { int8, float32 } = await bothFiles(model);
      const data = draw('images', 13 * 10 * 3, -1, 1);
      const shape = [1, 13, 10, 3];
      const [expected, found] = [
        await runOnnx(float32, data, shape),
        await runOnnx(int8, data, shape),
      ];
      // Noise isn't like the pictures that it was calibrated on.
      expect(found.data).toBeAllclose(expected.data, 0.1);
    });
    model.dispose();
  });

  it('takes input size, preprocessing and classes of a classifier, and batches of images', async () => {
    const model = mobile();
    const classifier = await loadClassifier(model, {
      ...{ classes: ['blue', 'green', 'red'], preprocessing: 'tf' },
    });
    const batches = () => [
      { images: tf.fill<tf.Rank.R4>([5, 48, 48, 3], 100), labels: [0, 2, 1, 0, 0] },
    ];
    const steps: number[] = [];
    await expectNoLeak(async () => {
      const bytes = await exportOnnx(classifier, {
        int8: { pictures: batches, onProgress: ({ done }) => steps.push(done) },
      });
      expect(readOnnx(bytes).metadata.map(([key]) => key)).toEqual(['classes', 'preprocessing']);
    });
    expect(steps).toEqual([0, 5]);
    classifier.dispose();
  });

  describe('refuses', () => {
    const one = { picture: tf.zeros<tf.Rank.R3>([4, 4, 3]), label: 'a' };
    const two = { picture: tf.zeros<tf.Rank.R3>([4, 4, 3]), label: 'b' };
    const int8 = { pictures: [one, two] };

    it.each([
      ['a model without preprocessing', { int8 }, 'preprocessing: expected one of "caffe"'],
      [
        'another number format',
        { int8, preprocessing: 'tf', dtype: 'float16' },
        'dtype: expected none with int8, got "float16"; choose one of the two',
      ],
      [
        'an unknown option',
        { int8: { ...int8, count: 3 }, preprocessing: 'tf' },
        'int8: expected pictures, signal, onProgress, onWarning, got "count"',
      ],
      ['no pictures', { int8: { pictures: [] }, preprocessing: 'tf' }, 'pictures: expected'],
      [
        'no object',
        { int8: true, preprocessing: 'tf' },
        'int8: expected an options object, got true',
      ],
    ])('%s', async (_, options, message) => {
      const model = mobile();
      await expectNoLeak(async () => {
        await expect(exportOnnx(model, options as unknown as OnnxOptions)).rejects.toThrow(message);
      });
      model.dispose();
    });

    it('a model whose outputs aren’t finite', async () => {
      const model = mobile();
      const layer = model.getLayer('pw1');
      layer.setWeights(layer.getWeights().map((weight) => tf.fill(weight.shape, NaN)));
      await expectNoLeak(async () => {
        await expect(exportOnnx(model, { int8, preprocessing: 'tf' })).rejects.toThrow(
          'layer "pw1": expected finite outputs for the calibration pictures, got NaN to NaN',
        );
      });
      model.dispose();
    });

    it('a model of features', async () => {
      const input = tf.input({ shape: [4, 4, 8] });
      const outputs = tf.layers.globalAveragePooling2d({}).apply(input) as tf.SymbolicTensor;
      const model = tf.model({ inputs: input, outputs });
      await expect(exportOnnx(model, { int8, preprocessing: 'tf' })).rejects.toThrow(
        'model: expected an input of images [height, width, 3] of known size for int8, got [4, 4, 8]',
      );
    });

    it('to go on after the signal', async () => {
      const model = mobile();
      const signal = AbortSignal.abort(new Error('enough'));
      await expectNoLeak(async () => {
        const options = { int8: { ...int8, signal }, preprocessing: 'tf' } as const;
        await expect(exportOnnx(model, options)).rejects.toThrow('enough');
      });
      model.dispose();
    });
  });
});
