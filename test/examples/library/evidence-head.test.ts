import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import {
  analyze,
  format,
  loadBackbone,
  loadClassifier,
  planResnet,
  splitModel,
  trainClassifier,
} from 'resnet-heads';
import { costOf, evidenceClassifier, evidenceHead } from '../../../examples/library/src/index';
import { draw } from '../../setup/draw';
import { miniMobilenet } from './mini-mobilenet';

/** Of `miniMobilenet`. */
const [H, W, C] = [4, 4, 32];
const OPTIONS = { numClasses: 3, width: 8 };
const PARAMS = C * 8 + 8 + (8 * 3 + 3);
const MACS = H * W * (C * 8 + 8 * 3);

// Plain JavaScript trains the head in minutes.
beforeAll(async () => {
  expect(await tf.setBackend('wasm')).toBe(true);
});

let base: tf.LayersModel;
beforeEach(() => {
  base = miniMobilenet();
});
afterEach(() => {
  base.dispose();
});

const CLASSES = ['red', 'green', 'blue'];

/** Grey noise with one patch of 8 × 8 somewhere in it, whose colour is the class: `[n, 32, 32, 3]`, 0 to 255. */
function patches(seed: string, count: number) {
  const labels = Array.from({ length: count }, (_, i) => i % CLASSES.length);
  const images = labels.map((label, i) => {
    const pixels = draw(`${seed}/${i}`, 32 * 32 * 3, 90, 165);
    const [top, left] = [...draw(`${seed}/${i}/place`, 2, 0, 24)].map(Math.floor);
    for (let y = top!; y < top! + 8; y++) {
      for (let x = left!; x < left! + 8; x++) {
        for (let c = 0; c < 3; c++) pixels[(y * 32 + x) * 3 + c] = c === label ? 255 : 0;
      }
    }
    return pixels;
  });
  const values = Float32Array.from(images.flatMap((pixels) => [...pixels]));
  return { images: tf.tensor4d(values, [count, 32, 32, 3]), labels };
}

describe('what the head costs is known before it is there', () => {
  it('on a MobileNet, without a tensor, by the sums of its definition', async () => {
    const before = tf.memory().numTensors;
    const cost = await costOf(base, OPTIONS);
    expect(tf.memory().numTensors).toBe(before);
    const [evidence, pooled] = cost.heads;
    expect([evidence?.name, pooled?.name]).toEqual(['evidence', 'pooled']);
    expect([evidence?.head.params, evidence?.head.macs]).toEqual([PARAMS, MACS]);
    expect(pooled?.head.params).toBe(C * 3 + 3);
    expect(format(cost)).toContain('evidence');
  });

  it('on a ResNet, too', () => {
    const { head, outputShape } = planResnet({ head: evidenceHead(OPTIONS) });
    expect(outputShape).toEqual([3]);
    expect([head.params, head.macs]).toEqual([2048 * 8 + 8 + 8 * 3 + 3, 49 * (2048 * 8 + 8 * 3)]);
  });

  it('and is what is built', () => {
    const { params, macs } = analyze(base).totals;
    const model = evidenceClassifier(base, { ...OPTIONS, dropout: 0.1 });
    expect(model.countParams()).toBe(params + PARAMS);
    expect(analyze(model).totals).toMatchObject({ params: params + PARAMS, macs: macs + MACS });
    splitModel(model).head.dispose();
  });
});

it('scores by the average position and the strongest one', () => {
  const model = evidenceClassifier(base, OPTIONS);
  const { base: features, head } = splitModel(model);
  tf.tidy(() => {
    const { images } = patches('forward', 2);
    const weights = ['evidence_narrow', 'evidence_map'].map((name) => model.getLayer(name));
    const [[narrow, narrowBias], [map, mapBias]] = weights.map((layer) => layer.getWeights()) as [
      tf.Tensor[],
      tf.Tensor[],
    ];
    const positions = (features.predict(images) as tf.Tensor).reshape([2, H * W, C]);
    const dense = (x: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor) =>
      tf.matMul(x.reshape([2 * H * W, -1]), kernel.reshape([x.shape[2]!, -1])).add(bias);
    const hidden = dense(positions, narrow!, narrowBias!)
      .relu()
      .reshape([2, H * W, 8]);
    const evidence = dense(hidden, map!, mapBias!).reshape([2, H * W, 3]);
    const expected = tf.softmax(evidence.mean(1).add(evidence.max(1)).div(2));
    expect((model.predict(images) as tf.Tensor).dataSync()).toBeAllclose(expected.dataSync(), 1e-5);
  });
  head.dispose();
});

it('learns, and is saved and loaded as a classifier', async () => {
  const before = tf.memory().numTensors;
  const folder = join(mkdtempSync(join(tmpdir(), 'library-test-')), 'classifier');
  const backbone = await loadBackbone(base, { preprocessing: 'tf' });
  const unseen = patches('unseen', 30);
  const classifier = await trainClassifier(backbone, () => [patches('training', 150)], {
    head: evidenceHead({ numClasses: 3 }),
    classes: CLASSES,
    validation: [unseen],
    epochs: 20,
    learningRate: 0.01,
    seed: 1,
  });
  const { accuracy } = await classifier.evaluate([unseen]);
  expect(accuracy).toBeGreaterThan(0.9);

  await classifier.save(folder);
  const loaded = await loadClassifier(folder);
  const picture = tf.tidy(() => unseen.images.slice(0, 1).squeeze<tf.Tensor3D>([0]));
  expect(await loaded.classify(picture)).toEqual(await classifier.classify(picture));
  const parted = splitModel(loaded.model);
  expect(parted.head.layers.map(({ name }) => name)).toContain('evidence_peak');
  parted.head.dispose();
  rmSync(folder, { recursive: true });
  tf.dispose([unseen.images, picture]);
  for (const each of [loaded, classifier, backbone]) each.dispose();
  base = miniMobilenet();
  expect(tf.memory().numTensors).toBe(before);
});

it('refuses options that make no head', () => {
  expect(() => evidenceHead({ numClasses: 1 })).toThrow(
    new RangeError('numClasses: expected a whole number of 2 or more, got 1'),
  );
  expect(() => evidenceHead({ numClasses: 3, width: 0.5 })).toThrow(
    new RangeError('width: expected a whole number of 1 or more, got 0.5'),
  );
  expect(() => evidenceHead({ numClasses: 3, dropout: 1 })).toThrow(
    new RangeError('dropout: expected a number from 0 to below 1, got 1'),
  );
});

it('asks for the version of resnet-heads that it is tested with', () => {
  const read = (path: string) =>
    JSON.parse(readFileSync(join(__dirname, '../../..', path), 'utf8')) as {
      version: string;
      peerDependencies: Record<string, string>;
    };
  const [own, theirs] = [read('examples/library/package.json'), read('package.json')];
  expect(own.peerDependencies).toEqual({
    '@tensorflow/tfjs': theirs.peerDependencies['@tensorflow/tfjs'],
    'resnet-heads': `^${theirs.version}`,
  });
});
