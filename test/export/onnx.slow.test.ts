import * as tf from '@tensorflow/tfjs';
import {
  attachHead,
  buildHead,
  denseHead,
  flattenedHead,
  type Head,
  loadWeights,
  pooledHead,
  preprocess,
  saveWeights,
} from 'resnet-heads';
import { version } from '../../package.json';
import { resnetFeatures, type ResnetVariant } from '../../src/base/architecture';
import { exportOnnx } from '../../src/convert/onnx';
import { buildLayers } from '../../src/layers/tensorflow';
import { PREPROCESSINGS } from '../../src/base/preprocess';
import { draw, drawWeights } from '../setup/draw';
import { foldedCopy } from '../../src/model/fold';
import { expectNoLeak } from '../setup/memory';
import { miniClassifier } from '../setup/mini-resnet';
import { expectSameAnswers, runOnnx } from '../setup/onnx';
import { readOnnx } from '../setup/read-protobuf';

/** One block a stage and two channels, but on a map that is more than one position, and not square. */
function classifier(variant: ResnetVariant, head: Head): tf.LayersModel {
  const image = tf.input({ shape: [64, 96, 3], name: 'input' });
  const { layers } = buildLayers({ weights: 'pending' });
  const features = resnetFeatures(layers, image, { depth: [1, 1, 1, 1], width: 2, variant });
  const base = tf.model({ inputs: image, outputs: features });
  const model = attachHead(base, head, { weights: 'pending' });
  drawWeights(model);
  return model;
}

const numClasses = 5;
const HEADS: Readonly<Record<string, Head>> = {
  pooled: pooledHead({ numClasses }),
  'pooled by both': pooledHead({ numClasses, pooling: 'catavgmax', dropout: 0.5 }),
  'pooled by their mean': pooledHead({ numClasses, pooling: 'avgmax', activation: 'linear' }),
  flattened: flattenedHead({ numClasses, hiddenUnits: 7 }),
  dense: denseHead({ numClasses, hiddenUnits: 7, activation: 'sigmoid' }),
  'dense under softmax': denseHead({ numClasses, hiddenUnits: 7, dropout: 0.1 }),
  'dense on a vector': denseHead({ numClasses, hiddenUnits: 7, pooling: 'max' }),
};

describe('exportOnnx', () => {
  describe.each(['v1', 'v1.5'] as const)('on a ResNet %s', (variant) => {
    it.each(Object.keys(HEADS))('answers as the model does: %s', async (name) => {
      const model = classifier(variant, HEADS[name]!);
      const { nodes } = readOnnx(await expectSameAnswers(model));
      const ops = nodes.map(({ op }) => op);
      // Nothing is turned over between the image and, where there is one, the map of answers.
      const turned = ops.flatMap((op, i) => (op === 'Transpose' ? [i] : []));
      const onMap = name === 'dense' || name === 'dense under softmax';
      expect(turned).toEqual(onMap ? [0, ops.length - 1] : [0]);
      for (const op of ['Pad', 'Identity', 'Dropout', 'Reshape']) expect(ops).not.toContain(op);
      model.dispose();
    });
  });

  it.each(['pooled', 'flattened', 'dense'])('writes a head alone: %s', async (name) => {
    const head = buildHead(HEADS[name]!, [2, 3, 4], { seed: 1 });
    const { nodes } = readOnnx(await expectSameAnswers(head));
    // In the order in which features come there is nothing to be done for a kernel of theirs.
    const turned = nodes.filter(({ op }) => op === 'Transpose').length;
    expect(turned).toBe(name === 'pooled' ? 1 : 0);
    head.dispose();
  });

  it('says what goes in and comes out, who wrote it, and in which ONNX', async () => {
    const model = classifier('v1', HEADS['dense']!);
    const file = readOnnx(await exportOnnx(model));
    expect(file.inputs).toEqual([['input', ['batch', 64, 96, 3]]]);
    expect(file.outputs).toEqual([['predictions', ['batch', 2, 3, numClasses]]]);
    expect([file.irVersion, file.opset]).toEqual([8, 17]);
    expect(file.producer).toEqual(['resnet-heads', version]);
    expect(file.metadata).toEqual([]);
    model.dispose();
  });

  it('has every weight under its own name, in the order of ONNX', async () => {
    const model = classifier('v1', HEADS['flattened']!);
    const { tensors, nodes } = readOnnx(await exportOnnx(model));
    const folded = foldedCopy(model)!;
    const names = folded.layers.flatMap(({ name, weights }) =>
      weights.map(({ originalName }) => `${name}/${originalName.split('/').at(-1)!}`),
    );
    folded.dispose();
    expect([...tensors.keys()].sort()).toEqual(names.sort());
    expect(tensors.get('conv1_conv/kernel')).toEqual([2, 3, 7, 7]);
    expect(tensors.get('hidden/kernel')).toEqual([2 * 3 * 64, 7]);
    const first = nodes.find(({ op }) => op === 'Conv')!;
    expect(first.inputs).toEqual(['input/Transpose', 'conv1_conv/kernel', 'conv1_conv/bias']);
    expect(first.attributes['pads']).toEqual([3, 3, 3, 3]);
    expect(nodes.find(({ op }) => op === 'MaxPool')!.attributes['pads']).toEqual([1, 1, 1, 1]);
    model.dispose();
  });

  it('writes the same bytes of the same model, and leaves no tensor', async () => {
    await expectNoLeak(async () => {
      const [model, same] = [miniClassifier('v1', 10, 1), miniClassifier('v1', 10, 1)];
      const bytes = await exportOnnx(model);
      expect(Buffer.compare(await exportOnnx(same), bytes)).toBe(0);
      tf.dispose([model, same].flatMap(({ weights }) => weights.map((weight) => weight.read())));
    });
  });

  describe('in float16', () => {
    it('halves the file, and answers nearly as the model does', async () => {
      const model = classifier('v1', HEADS['flattened']!);
      await expectNoLeak(async () => {
        const [single, half] = [
          await exportOnnx(model),
          await exportOnnx(model, { dtype: 'float16' }),
        ];
        // Half of the kernels; the graph is a fifth of so small a file.
        expect(half.length).toBeLessThan(0.7 * single.length);
        const shape = [2, 64, 96, 3];
        const images = draw('images', 2 * 64 * 96 * 3, -1, 1);
        const [expected, found] = [
          await runOnnx(single, images, shape),
          await runOnnx(half, images, shape),
        ];
        expect(found.output).toBe(expected.output);
        expect(found.data).toBeAllclose(expected.data, 0.01);
        expect(found.data).not.toEqual(expected.data);
      });
      model.dispose();
    });

    it('answers the same if the kernels are float16 numbers', async () => {
      const head = buildHead(HEADS['dense']!, [2, 3, 4], { seed: 1 });
      await loadWeights(head, await saveWeights(head, { dtype: 'float16' }));
      const features = draw('features', 2 * 2 * 3 * 4, -1, 1);
      const [expected, found] = [
        await runOnnx(await exportOnnx(head), features, [2, 2, 3, 4]),
        await runOnnx(await exportOnnx(head, { dtype: 'float16' }), features, [2, 2, 3, 4]),
      ];
      expect(found.data).toEqual(expected.data);
      head.dispose();
    });

    it('refuses a kernel that is too large', async () => {
      const head = buildHead(HEADS['pooled']!, [2, 3, 4], { seed: 1 });
      head.setWeights(head.getWeights().map((each) => tf.fill(each.shape, 1e5)));
      await expect(exportOnnx(head, { dtype: 'float16' })).rejects.toThrow(
        'dtype: expected weights of at most 65504 in float16, got 100000 in "predictions/kernel"',
      );
      head.dispose();
    });
  });

  describe('with input "pixels"', () => {
    it.each(PREPROCESSINGS)('scales them as preprocess does: %s', async (preprocessing) => {
      const model = miniClassifier('v1', 10, 1);
      await expectNoLeak(async () => {
        const bytes = await exportOnnx(model, { input: 'pixels', preprocessing });
        const shape = [2, 32, 32, 3] as const;
        const pixels = Uint8Array.from(draw('pixels', 2 * 32 * 32 * 3, 0, 256));
        const expected = tf.tidy(() => {
          const images = tf.tensor4d(Float32Array.from(pixels), [...shape]);
          return model.predict(preprocess(images, preprocessing)) as tf.Tensor;
        });
        const { input, data } = await runOnnx(bytes, pixels, shape);
        expect(input).toBe('pixels');
        expect(data).toBeAllclose(expected.dataSync(), 1e-5);
        expected.dispose();
      });
      model.dispose();
    });

    it('needs the preprocessing, an input of three channels, and refuses the one without the other', async () => {
      const model = miniClassifier();
      const [scaled, unscaled] = [{ preprocessing: 'tf' } as const, { input: 'pixels' } as const];
      await expect(exportOnnx(model, unscaled)).rejects.toThrow(
        'preprocessing: expected one of "caffe", "torch", "tf", "none", got undefined',
      );
      await expect(exportOnnx(model, scaled)).rejects.toThrow(
        'preprocessing: expected none with input "tensor", got "tf"; use input "pixels"',
      );
      const head = buildHead(HEADS['pooled']!, [2, 3, 4], { seed: 1 });
      await expect(exportOnnx(head, { ...scaled, ...unscaled })).rejects.toThrow(
        'model: expected an input of images [height, width, 3] for input "pixels", got [2, 3, 4]',
      );
      head.dispose();
      model.dispose();
    });
  });

  it('keeps texts that it is given', async () => {
    const model = miniClassifier();
    const metadata = { classes: '["Katze","כלב"]', preprocessing: 'caffe' };
    const file = readOnnx(await exportOnnx(model, { metadata }));
    expect(file.metadata).toEqual(Object.entries(metadata));
    const wrong = { metadata: { classes: ['cat'] as unknown as string } };
    await expect(exportOnnx(model, wrong)).rejects.toThrow(
      'metadata.classes: expected a string, got ["cat"]',
    );
    model.dispose();
  });

  it('refuses an input whose size it would have to know', async () => {
    const image = tf.input({ shape: [null, null, 3] });
    const outputs = tf.layers.conv2d({ filters: 1, kernelSize: 1 }).apply(image);
    const model = tf.model({ inputs: image, outputs: outputs as tf.SymbolicTensor });
    await expect(exportOnnx(model)).rejects.toThrow(
      'expected an output of known size, except for the batch, got [null, null, null, 3]; build the model for a fixed input size',
    );
    model.dispose();
  });
});
