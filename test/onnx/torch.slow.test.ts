import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import {
  analyze,
  buildHead,
  exportOnnx,
  extractFeatures,
  loadBackbone,
  pooledHead,
} from 'resnet-heads';
import { cutOnnx, joinOnnx } from '../../src/export/onnx/join';
import { featuresOf } from '../../src/onnx/features';
import { readOnnx } from '../../src/onnx/read';
import { expectNoLeak } from '../setup/memory';
import { runOnnx } from '../setup/onnx';

/** By scripts/goldens/torch_onnx_goldens.py: what torch says of files that its exporters wrote. */
const folder = new URL('../goldens/onnx/', `file://${__filename}`);
interface Golden {
  readonly outputs: Readonly<Record<string, readonly string[]>>;
  readonly params: number;
  readonly macs: number;
  readonly shape: readonly number[];
  readonly features: readonly number[];
}
const GOLDENS = JSON.parse(readFileSync(new URL('goldens.json', folder), 'utf8')) as Record<
  string,
  Golden
>;
/** Each so-many-th feature is in the golden, rounded to five decimals. */
const STEP = 7;
const ROUNDED = 1e-5;

const BATCH = 2;
const SIZE = 32;
const COUNT = BATCH * 3 * SIZE * SIZE;
const images = Float32Array.from({ length: COUNT }, (_, i) => ((i * 7919) % 1009) / 1009);
const imageShape = [BATCH, 3, SIZE, SIZE];

const FILES = ['maps', 'tokens'].flatMap((kind) =>
  ['torchscript', 'dynamo'].map((writer): [string, string] => [kind, writer]),
);

describe.each(FILES)("torch's %s by %s", (kind, writer) => {
  const golden = GOLDENS[kind]!;
  const bytes = new Uint8Array(readFileSync(new URL(`${kind}-${writer}.onnx`, folder)));
  const file = readOnnx(bytes);
  const features = featuresOf(file, { inputSize: [SIZE, SIZE] });
  const [, first = 0, second = 0, third = 0] = golden.shape;
  const map = kind === 'maps' ? [second, third, first] : [1, first, second];

  it('has the shape that torch gives', () => {
    expect(features.output).toBe(golden.outputs[writer]![0]);
    expect([features.layout, features.shape]).toEqual([kind === 'maps' ? 'nchw' : 'tokens', map]);
    expect(features.input.layout).toBe('nchw');
  });

  it('costs what torch counts', async () => {
    const stats = await analyze(bytes, { inputShape: [SIZE, SIZE, 3] });
    expect(stats.totals.macs).toBe(golden.macs);
    expect(stats.uncounted).toEqual([]);
    // The exporters fold a BatchNorm of 8 channels: its 16 parameters become a bias of 8.
    expect(stats.totals.params).toBe(golden.params - (kind === 'maps' ? 8 : 0));
    expect(stats.outputShapes[0]).toEqual(golden.shape.slice(1));
  });

  it('gives features as [batch, height, width, channels]', async () => {
    const { data, shape, output } = await runOnnx(cutOnnx(file, features), images, imageShape);
    expect([output, shape]).toEqual(['features', [BATCH, ...map]]);
    const own = tf.tidy(() => {
      const tensor = tf.tensor(data, [...shape]);
      return (kind === 'maps' ? tensor.transpose([0, 3, 1, 2]) : tensor).dataSync();
    });
    const kept = own.filter((_, i) => i % STEP === 0);
    expect(kept.length).toBe(golden.features.length);
    expect(kept).toBeAllclose(golden.features, ROUNDED);
  });

  it('is a backbone with the same features', async () => {
    const backbone = await loadBackbone(bytes, { preprocessing: 'none', inputSize: [SIZE, SIZE] });
    const pixels = tf.tidy(() =>
      tf.tensor4d(images, [BATCH, 3, SIZE, SIZE]).transpose([0, 2, 3, 1]),
    );
    const batches = [{ images: pixels as tf.Tensor4D, labels: [0, 1] }];
    const { values } = await extractFeatures(backbone, batches, { classes: ['a', 'b'] });
    const { data } = await runOnnx(cutOnnx(file, features), images, imageShape);
    expect(values.shape).toEqual([BATCH, ...map]);
    expect(await values.data()).toBeAllclose(data, 1e-6);
    tf.dispose([pixels, values]);
    backbone.dispose();
  });

  it('answers like its features and the head by TensorFlow.js, joined to one file', async () => {
    await expectNoLeak(async () => {
      const head = buildHead(pooledHead({ numClasses: 4 }), features.shape, { seed: 3 });
      const joined = joinOnnx(file, features, await exportOnnx(head), {
        metadata: { classes: '[]' },
      });
      const { data } = await runOnnx(cutOnnx(file, features), images, imageShape);
      const expected = tf.tidy(() =>
        (head.predict(tf.tensor(data, [BATCH, ...map])) as tf.Tensor).dataSync(),
      );
      const answer = await runOnnx(joined, images, imageShape);
      expect([answer.output, answer.shape]).toEqual(['predictions', [BATCH, 4]]);
      expect(answer.data).toBeAllclose(expected, 1e-5);
      expect(readOnnx(joined).metadata.get('classes')).toBe('[]');
      head.dispose();
    });
  });
});
