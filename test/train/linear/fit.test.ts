import * as tf from '@tensorflow/tfjs';
import { fitLinear } from '../../../src/train/linear/fit';
import type { Labels } from '../../../src/train/labels';
import type { ScoreKind } from '../../../src/model/scores';
import type { LinearTask } from '../../../src/train/linear/problem';
import { type Block, rowsOf } from '../../../src/train/linear/rows';
import { scaleOf } from '../../../src/train/linear/scale';
import { golden, logisticFeatures } from '../../setup/logistic';
import { inMemory } from '../../../src/train/examples';
import { expectNoLeak } from '../../setup/memory';

const { x, labels } = logisticFeatures();
const { rows, features, classes } = golden;
let values: tf.Tensor2D;
beforeAll(() => {
  values = tf.tensor2d(x, [rows, features]);
});
afterAll(() => {
  values.dispose();
});

const task = (more: Partial<LinearTask> = {}): LinearTask => ({
  ...{ kind: 'softmax', outputs: classes, training: inMemory(values, labels) },
  validation: undefined,
  ...{ classWeights: undefined, l2: undefined, seed: 0, signal: undefined },
  onFit: () => undefined,
  ...more,
});

/** What a fitted layer gives for the rows. */
function scores(
  { kernel, bias }: { readonly kernel: Float32Array; readonly bias: Float32Array },
  kind: ScoreKind,
): Float32Array {
  const weights = tf.tensor2d(kernel, [bias.length, kernel.length / bias.length]);
  return tf.tidy(() => {
    const logits = values.matMul(weights, false, true).add(tf.tensor1d(bias));
    weights.dispose();
    return (kind === 'softmax' ? logits.softmax() : logits.sigmoid()).dataSync<'float32'>();
  });
}

/** As in the golden's script: row i also has the next class if 4 divides i, and no label if 7 divides i. */
const several = Array.from(labels, (label, i) =>
  i % 7 === 0 ? [] : i % 4 === 0 ? [label, (label + 1) % classes] : [label],
);

const TASKS: Readonly<Record<string, Partial<LinearTask> & Partial<Labels>>> = {
  softmax: {},
  'weighted softmax': { classWeights: Float32Array.from(golden.weights) },
  sigmoid: { kind: 'sigmoid' },
  'several labels': {
    ...{ kind: 'sigmoid', labelSets: several },
    labels: Int32Array.from(several.keys()),
  },
  'one sigmoid': {
    ...{ kind: 'sigmoid', outputs: 1 },
    labels: labels.map((label) => Math.min(1, label)),
  },
};

describe('fitLinear', () => {
  it.each(golden.cases.map((each) => [each.kind, each.l2, each] as const))(
    "is scikit-learn's optimum: %s, penalty %d",
    async (name, l2, { loss, probabilities }) => {
      const { labels: own = labels, labelSets, kind = 'softmax', ...more } = TASKS[name]!;
      await expectNoLeak(async () => {
        const training = inMemory(values, own, false, { labelSets });
        const fit = await fitLinear(task({ ...more, kind, training, l2 }));
        expect(fit.figures.loss).toBeCloseTo(loss, 6);
        const found = scores(fit.layer, kind);
        expect(found).toHaveLength(probabilities.length);
        for (const [i, value] of found.entries()) {
          expect(Math.abs(value - probabilities[i]!)).toBeLessThan(1e-4);
        }
        expect(fit).toMatchObject({ l2, path: [] });
      });
    },
  );

  it('gives a feature that does not vary no weight', async () => {
    const { layer } = await fitLinear(task({ l2: 0.01 }));
    const own = layer.kernel.filter((_, i) => i % features === golden.constant);
    expect([...own]).toEqual([0, 0, 0]);
  });

  it('is bit for bit the same twice, whatever the seed', async () => {
    const [first, second] = [
      await fitLinear(task({ l2: 0.1 })),
      await fitLinear(task({ l2: 0.1, seed: 7 })),
    ];
    expect(second).toEqual(first);
  });

  it('does not depend on the scale and the origin of the features', async () => {
    const moved = values.mul(250).add(3);
    try {
      const plain = await fitLinear(task({ l2: 0.01 }));
      const other = await fitLinear(task({ l2: 0.01, training: inMemory(moved, labels) }));
      expect(other.figures.loss).toBeCloseTo(plain.figures.loss, 5);
    } finally {
      moved.dispose();
    }
  });

  it('counts a class of weight 2 as pictures that are there twice', async () => {
    const twice = Int32Array.from([...labels.keys(), ...labels.keys()]).filter(
      (row, i) => i < rows || labels[row] === 1,
    );
    const repeated = tf.gather(values, tf.tensor1d(twice, 'int32'));
    const weighted = await fitLinear(task({ l2: 0.01, classWeights: Float32Array.of(1, 2, 1) }));
    // The two are standardised by other means and deviations: a weak penalty hides this.
    const options = {
      l2: 1e-5,
      training: inMemory(
        repeated,
        twice.map((row) => labels[row]!),
      ),
    };
    const [a, b] = [
      scores((await fitLinear(task(options))).layer, 'softmax'),
      scores(
        (await fitLinear(task({ l2: 1e-5, classWeights: Float32Array.of(1, 2, 1) }))).layer,
        'softmax',
      ),
    ];
    for (const [i, value] of a.entries()) expect(Math.abs(value - b[i]!)).toBeLessThan(0.01);
    expect(weighted.figures.accuracy).toBeGreaterThan(0.8);
    repeated.dispose();
  });

  describe('without a penalty given', () => {
    it('chooses one by cross-validation, whose figures it reports', async () => {
      const told: (readonly [number, number])[] = [];
      const onFit = (done: number, most: number) => told.push([done, most]);
      await expectNoLeak(async () => {
        const { l2, path, figures } = await fitLinear(task({ onFit }));
        const least = path.reduce((a, b) => (b.validationLoss! < a.validationLoss! ? b : a));
        const chosen = path.find((each) => each.l2 === l2)!;
        expect(chosen.validationLoss! - least.validationLoss!).toBeLessThan(0.002);
        expect(path.map((each) => each.l2)).toEqual(
          path.map((each) => each.l2).sort((a, b) => b - a),
        );
        // The path ends a decade and a half below the choice.
        expect(l2 / path.at(-1)!.l2).toBeCloseTo(10 ** 1.5, 5);
        expect(figures.validationLoss).toBe(chosen.validationLoss);
        expect(figures.validationAccuracy).toBe(chosen.validationAccuracy);
        expect(figures.gap).toBeCloseTo(figures.accuracy - figures.validationAccuracy!, 12);
        expect(told[0]).toEqual([0, 14]);
        expect(told.at(-1)).toEqual([14, 14]);
        expect(told).toHaveLength(path.length + 2);
      });
    });

    it('ends with the fit of that penalty on all pictures', async () => {
      const { l2, layer } = await fitLinear(task());
      const again = await fitLinear(task({ l2 }));
      const [a, b] = [scores(layer, 'softmax'), scores(again.layer, 'softmax')];
      for (const [i, value] of a.entries()) expect(Math.abs(value - b[i]!)).toBeLessThan(1e-4);
    });

    it('chooses on many validation pictures, and with few on the training pictures', async () => {
      const index = tf.tensor1d(
        Int32Array.from({ length: 210 }, (_, i) => (i * 7) % rows),
        'int32',
      );
      const many = tf.gather(values, index);
      const of = labels.filter(() => true);
      const manyLabels = Int32Array.from({ length: 210 }, (_, i) => of[(i * 7) % rows]!);
      const chosen = await fitLinear(task({ validation: inMemory(many, manyLabels) }));
      // The validation pictures are the training pictures: the weakest penalty that still gains is best.
      const crossed = await fitLinear(task({ validation: inMemory(values, labels) }));
      expect(chosen.l2).toBeLessThan(crossed.l2);
      expect(crossed.path).toEqual((await fitLinear(task())).path);
      expect(crossed.figures.validationLoss).toBe(crossed.figures.loss);
      tf.dispose([index, many]);
    });

    it('takes a strong penalty if there is nothing to choose one on', async () => {
      const few = values.slice(0, 3);
      const training = inMemory(few, Int32Array.of(0, 1, 2));
      const { l2, path, figures } = await fitLinear(task({ training }));
      expect([l2, path]).toEqual([0.01, []]);
      expect(figures).not.toHaveProperty('validationLoss');
      few.dispose();
    });
  });

  it('rejects features that are not finite, and leaves no tensor', async () => {
    for (const bad of [NaN, Infinity]) {
      const wrong = values.add(
        tf
          .oneHot(tf.tensor1d([3], 'int32'), features)
          .toFloat()
          .mul(bad),
      );
      const broken = wrong as tf.Tensor2D;
      await expectNoLeak(async () => {
        await expect(fitLinear(task({ training: inMemory(broken, labels) }))).rejects.toThrow(
          'features: expected finite numbers',
        );
        await expect(fitLinear(task({ validation: inMemory(broken, labels) }))).rejects.toThrow(
          'validation: expected finite numbers',
        );
      });
      broken.dispose();
    }
  });

  it('tells of numbers whose squares overflow', async () => {
    const large = values.mul<tf.Tensor2D>(1e20);
    await expectNoLeak(async () => {
      await expect(fitLinear(task({ training: inMemory(large, labels) }))).rejects.toThrow(
        'features: expected finite numbers',
      );
    });
    large.dispose();
  });

  it('stops at its signal', async () => {
    await expectNoLeak(async () => {
      const signal = AbortSignal.abort(new Error('enough'));
      await expect(fitLinear(task({ signal }))).rejects.toThrow('enough');
    });
  });
});

describe('rowsOf', () => {
  it('standardises the same in one block and in many', async () => {
    const scale = await scaleOf(inMemory(values, labels));
    const whole = await rowsOf(inMemory(values, labels), scale, classes, classes);
    const parts = await rowsOf(inMemory(values, labels), scale, classes, 2 ** 24 / 7);
    const [one, ...others] = whole.blocks() as Block[];
    const blocks = parts.blocks() as Block[];
    expect([others.length, blocks.length]).toEqual([0, Math.ceil(rows / 7)]);
    const all = tf.tidy(() => tf.concat(blocks.map((block) => block.values)).dataSync());
    expect(all).toEqual(one!.values.dataSync());
    expect(blocks.map(({ from }) => from)).toEqual(blocks.map((_, i) => 7 * i));
    whole.dispose();
    parts.dispose();
  });
});
