import * as tf from '@tensorflow/tfjs';
import { loadBackbone, loadClassifier, trainClassifier } from 'resnet-heads';
import { divideLogits, fitTemperature } from '../../src/classifier/temperature';
import { randomBy } from '../../src/random';
import { colouredPictures } from '../setup/coloured-pictures';
import { expectNoLeak } from '../setup/memory';
import { miniResnet } from '../setup/mini-resnet';

/** Logits whose probabilities are those that the labels were drawn by. */
function drawn(count: number, outputs: number) {
  const random = randomBy(1);
  const logits = Array.from({ length: count }, () =>
    Array.from({ length: outputs }, () => 4 * random() - 2),
  );
  const labels = Int32Array.from(logits, (row) => {
    const odds = outputs === 1 ? [1, Math.exp(row[0]!)] : row.map(Math.exp);
    let left = random() * odds.reduce((sum, each) => sum + each, 0);
    return odds.findIndex((each) => (left -= each) < 0);
  });
  return { logits: tf.tensor2d(logits), labels };
}

describe('fitTemperature', () => {
  it.each([
    ['softmax', 3],
    ['sigmoid', 1],
    ['linear', 1],
    ['linear', 4],
  ] as const)(
    'finds the factor that logits are too large by: %s, %i scores',
    async (kind, outputs) => {
      await expectNoLeak(async () => {
        const { logits, labels } = drawn(4000, outputs);
        for (const factor of [1, 3, 0.4]) {
          const scaled = logits.mul(factor);
          const found = await fitTemperature(kind, scaled, labels);
          expect(found / factor).toBeGreaterThan(0.9);
          expect(found / factor).toBeLessThan(1.1);
          scaled.dispose();
        }
        logits.dispose();
      });
    },
  );

  it('takes the mean over a map’s positions for an image’s probabilities', async () => {
    const { logits, labels } = drawn(300, 3);
    const map = tf.tidy(() => tf.tile(logits.expandDims(1).expandDims(1), [1, 2, 2, 1]));
    expect(await fitTemperature('softmax', map, labels)).toBeCloseTo(
      await fitTemperature('softmax', logits, labels),
      3,
    );
    tf.dispose([map, logits]);
  });

  it('stays near 1 where pictures are few, even if all are classified correctly', async () => {
    const logits = tf.tensor2d([
      [3, 0],
      [0, 3],
    ]);
    const found = await fitTemperature('softmax', logits, Int32Array.of(0, 1));
    expect(found).toBeGreaterThan(0.8);
    expect(found).toBeLessThan(1);
    logits.dispose();
  });
});

describe('divideLogits', () => {
  const ends = {
    'a softmax in the layer': [tf.layers.dense({ units: 3, activation: 'softmax' })],
    'a softmax after it': [tf.layers.dense({ units: 3 }), tf.layers.softmax()],
    'an activation after it': [
      tf.layers.dense({ units: 3 }),
      tf.layers.activation({ activation: 'softmax' }),
    ],
  };

  it.each(Object.entries(ends))('divides what becomes probabilities: %s', async (_, layers) => {
    const model = tf.sequential();
    model.add(tf.layers.inputLayer({ inputShape: [4] }));
    for (const layer of layers) model.add(layer);
    await expectNoLeak(async () => {
      const images = tf.randomNormal([5, 4], 0, 3, 'float32', 1);
      const expected = tf.tidy(() => (model.predict(images) as tf.Tensor).log().div(2).softmax());
      expect(divideLogits(model, 2)).toBe(true);
      const found = model.predict(images) as tf.Tensor;
      const off = tf.tidy(() => found.sub(expected).abs().max());
      expect((await off.data())[0]).toBeLessThan(1e-6);
      tf.dispose([images, expected, found, off]);
    });
    model.dispose();
  });

  it('leaves a model alone whose last weights don’t scale its scores', () => {
    const model = tf.sequential({
      layers: [
        tf.layers.dense({ units: 3, inputShape: [4] }),
        tf.layers.batchNormalization(),
        tf.layers.softmax(),
      ],
    });
    const before = model.getWeights().map((each) => each.arraySync());
    expect(divideLogits(model, 2)).toBe(false);
    expect(model.getWeights().map((each) => each.arraySync())).toEqual(before);
    model.dispose();
  });
});

describe('trainClassifier', () => {
  const pictures = colouredPictures(6);
  let backbone: Awaited<ReturnType<typeof loadBackbone>>;
  beforeAll(async () => {
    backbone = await loadBackbone(miniResnet('v1', 1), { preprocessing: 'tf' });
  });
  afterAll(() => {
    tf.dispose(pictures.map(({ picture }) => picture));
    backbone.dispose();
  });

  it.each(['pooled', 'flattened', 'dense'] as const)(
    'divides the logits that Adam trained, and tells the figures after it: %s',
    async (head) => {
      await expectNoLeak(async () => {
        const validation = pictures.slice(0, 6);
        const classifier = await trainClassifier(backbone, pictures.slice(6), {
          ...{ head, solver: 'adam', epochs: 3, validation },
        });
        const { temperature, validationLoss, validationAccuracy } = classifier.training!;
        expect(Math.abs(temperature - 1)).toBeGreaterThan(0.01);
        expect(validationLoss).not.toBe(classifier.history.at(-1)?.validationLoss);
        const found = await classifier.classify(validation.map(({ picture }) => picture));
        const right = found.filter(([best], i) => best?.className === validation[i]!.label);
        expect(validationAccuracy).toBe(right.length / validation.length);
        const losses = found.map((classes, i) => {
          const own = classes.find(({ className }) => className === validation[i]!.label);
          return -Math.log(own!.probability);
        });
        const mean = losses.reduce((sum, each) => sum + each, 0) / losses.length;
        // The loss of a map is the mean over its positions, never below that of the mean probability.
        if (head === 'dense') expect(validationLoss).toBeGreaterThan(mean - 1e-6);
        else expect(validationLoss).toBeCloseTo(mean, 4);
        classifier.dispose();
      });
    },
  );

  it.each([
    ['no validation pictures', { solver: 'adam', epochs: 2, validation: 0 }],
    ['L-BFGS, which chose its penalty', {}],
  ] as const)('leaves them alone with %s', async (_, options) => {
    const classifier = await trainClassifier(backbone, pictures, options);
    expect(classifier.training?.temperature).toBe(1);
    classifier.dispose();
  });

  it('keeps the temperature in the metadata, also when they are saved again', async () => {
    const classifier = await trainClassifier(backbone, pictures, { solver: 'adam', epochs: 3 });
    const read = ({ 'metadata.json': bytes }: Readonly<Record<string, Uint8Array>>) =>
      (JSON.parse(new TextDecoder().decode(bytes)) as { temperature: number }).temperature;
    const files = await classifier.files({ scope: 'head' });
    expect(read(files)).toBe(classifier.training?.temperature);
    const loaded = await loadClassifier(files, { backbone });
    expect(read(await loaded.files())).toBe(read(files));
    for (const each of [classifier, loaded]) each.dispose();
  });
});
