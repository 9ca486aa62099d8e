import * as tf from '@tensorflow/tfjs';
import { inMemory } from '../../../src/train/examples';
import { fitLinear } from '../../../src/train/linear/fit';
import { foldsToReview } from '../../../src/train/linear/folds';
import { outOfFold } from '../../../src/train/linear/out-of-fold';
import { golden, logisticFeatures } from '../../setup/logistic';
import { expectNoLeak } from '../../setup/memory';

const { x, labels } = logisticFeatures();
const { rows, features, classes } = golden;
const SETTINGS = { kind: 'softmax', outputs: classes, seed: 0, signal: undefined } as const;
const silent = { onFit: () => undefined };
const folds = foldsToReview(labels, 0)!;

let values: tf.Tensor2D;
beforeAll(() => {
  values = tf.tensor2d(x, [rows, features]);
});
afterAll(() => {
  values.dispose();
});

const probabilitiesOf = (training = inMemory(values, labels), l2: number | undefined = 0.1) =>
  outOfFold({ ...SETTINGS, ...silent, training, l2 }, folds);

describe('outOfFold', () => {
  it("gives the probabilities of a fit without the picture's fold", async () => {
    await expectNoLeak(async () => {
      const found = await probabilitiesOf();
      // A picture's fold changes nothing in what the others are fitted to: changed labels of the fold leave its probabilities.
      const changed = labels.map((label, i) => (folds.of[i] === 0 ? (label + 1) % classes : label));
      const again = await probabilitiesOf(inMemory(values, changed));
      const inFold = Array.from(found.keys()).filter(
        (i) => folds.of[Math.floor(i / classes)] === 0,
      );
      for (const i of inFold) expect(again[i]).toBeCloseTo(found[i]!, 4);
      const others = Array.from(found.keys()).filter((i) => !inFold.includes(i));
      expect(Math.max(...others.map((i) => Math.abs(again[i]! - found[i]!)))).toBeGreaterThan(0.1);
    });
  });

  it('sums to 1, and is less sure of its labels than a fit to all of them', async () => {
    const found = await probabilitiesOf(undefined, 1e-3);
    let loss = 0;
    for (let picture = 0; picture < rows; picture++) {
      const own = found.slice(picture * classes, (picture + 1) * classes);
      expect(own.reduce((sum, each) => sum + each)).toBeCloseTo(1, 4);
      loss -= Math.log(own[labels[picture]!]!) / rows;
    }
    const training = inMemory(values, labels);
    const others = { validation: undefined, classWeights: undefined, l2: 1e-3 };
    const { figures } = await fitLinear({ ...SETTINGS, ...silent, training, ...others });
    expect(loss).toBeGreaterThan(figures.loss);
  });

  it('judges pictures and not their views', async () => {
    const twice = tf.tidy(() => tf.stack([values, values], 1).reshape([-1, features]));
    const doubled = Int32Array.from({ length: rows * 2 }, (_, i) => labels[i >> 1]!);
    const plain = await probabilitiesOf();
    const found = await probabilitiesOf(inMemory(twice, doubled, true, { views: 2 }));
    twice.dispose();
    expect(found).toHaveLength(plain.length);
    for (const [i, each] of plain.entries()) expect(found[i]).toBeCloseTo(each, 2);
  });

  it('chooses a penalty on the same folds', async () => {
    const tried: number[] = [];
    await outOfFold(
      {
        ...{ ...SETTINGS, training: inMemory(values, labels), l2: undefined },
        onFit: (done) => tried.push(done),
      },
      folds,
    );
    expect(tried.length).toBeGreaterThan(3);
  });
});
