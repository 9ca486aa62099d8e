import * as tf from '@tensorflow/tfjs';
import {
  attachHead,
  buildHead,
  type Classifier,
  type Features,
  fitHead,
  flattenedHead,
  type Head,
  loadClassifier,
  pooledHead,
} from 'resnet-heads';
import { fineTune } from '../../src/train/fine-tune';
import { colouredPictures } from '../setup/coloured-pictures';
import { expectNoLeak } from '../setup/memory';
import { miniResnet, numbers } from '../setup/mini-resnet';

const BUSY =
  /^(head|model|classifier): expected one that is not being trained, got one whose layer "/;
const OPTIONS = { epochs: 2, learningRate: 0.01 } as const;

let base: tf.LayersModel;
let features: Features;
beforeAll(() => {
  base = miniResnet('v1', 1);
  const featureShape = base.outputs[0]!.shape.slice(1) as number[];
  const labels = Int32Array.from({ length: 24 }, (_, i) => i % 2);
  const values = tf.randomUniform([24, ...featureShape], 0, 1, 'float32', 1);
  features = { values, labels, featureShape };
});
afterAll(() => {
  features.values.dispose();
  base.dispose();
});

/** A head that ends in an activation of its own. */
const separate: Head = {
  name: 'separate',
  apply: (layers, map) => {
    const pooled = layers.globalAveragePooling2d({ name: 'pool' })(map);
    const scores = layers.dense({ name: 'scores', units: 2 })(pooled);
    return layers.activation({ name: 'probabilities', activation: 'softmax' })(scores);
  },
};

const RECIPES: Readonly<Record<string, Head>> = {
  pooled: pooledHead({ numClasses: 2 }),
  flattened: flattenedHead({ numClasses: 2, hiddenUnits: 4 }),
  separate,
};

const sumsOf = (head: tf.LayersModel): readonly number[] =>
  tf.tidy(() => [...(head.predict(features.values) as tf.Tensor).sum(-1).dataSync()]);

describe('a head model in training', () => {
  it.each(Object.keys(RECIPES))(
    'refuses a second fitHead, and keeps its softmax: %s',
    async (name) => {
      const seed = { seed: 3 };
      const [head, alone] = [0, 1].map(() =>
        buildHead(RECIPES[name]!, features.featureShape, seed),
      ) as [tf.LayersModel, tf.LayersModel];
      await fitHead(alone, features, OPTIONS);
      await expectNoLeak(async () => {
        const first = fitHead(head, features, OPTIONS);
        await expect(fitHead(head, features, OPTIONS)).rejects.toThrow(BUSY);
        await first;
      });
      // As if there had been no second one.
      expect(numbers(head)).toEqual(numbers(alone));
      for (const sum of sumsOf(head)) expect(sum).toBeCloseTo(1, 5);
      // Later is no harm.
      await fitHead(head, features, OPTIONS);
      for (const each of [head, alone]) each.dispose();
    },
  );

  it('is refused by whatever reads its scores, on its base', async () => {
    const head = buildHead(RECIPES['pooled']!, features.featureShape, { seed: 3 });
    const model = attachHead(base, head);
    const pictures = colouredPictures(1, ['red', 'green']);
    const classifier: Classifier = await loadClassifier(model, {
      classes: ['green', 'red'],
      preprocessing: 'tf',
    });
    const [first] = pictures;
    await expectNoLeak(async () => {
      let isDone = false;
      const training = fitHead(head, features, {
        ...OPTIONS,
        async onEpoch() {
          if (isDone) return;
          isDone = true;
          for (const refused of [
            () => classifier.classify(first!.picture),
            () => classifier.evaluate(pictures),
            () => classifier.explain(first!.picture),
            () => classifier.fineTune(pictures),
            () => classifier.files(),
            () => fineTune(model, () => []),
            () => loadClassifier(model, { classes: ['a', 'b'], preprocessing: 'tf' }),
          ])
            await expect(refused()).rejects.toThrow(BUSY);
        },
      });
      await training;
      expect(isDone).toBe(true);
    });
    const [best] = await classifier.classify(first!.picture);
    expect(best!.probability).toBeGreaterThan(0.4);
    tf.dispose(pictures.map(({ picture }) => picture));
    head.dispose();
  });
});
