import fc from 'fast-check';
import { multiLabelScores } from '../../src/explain/multi-label';
import golden from '../goldens/multi-label.json';
import { expectNoLeak } from '../setup/memory';

const NAMES = golden.classes.map((_, i) => `class ${i}`);

const closeTo = (value: number | null): unknown =>
  value === null ? null : (expect.closeTo(value, 9) as unknown);
const allClose = (scores: Readonly<Record<string, number | null>>) =>
  Object.fromEntries(Object.entries(scores).map(([name, value]) => [name, closeTo(value)]));

describe('multiLabelScores', () => {
  it("is scikit-learn's, with null where there is nothing to divide by", async () => {
    await expectNoLeak(() => {
      const { truth, probabilities, thresholds } = golden;
      const scores = multiLabelScores(truth, probabilities, NAMES, thresholds);
      expect(scores).toMatchObject({
        ...{ kind: 'multi-label', total: truth.length, accuracy: closeTo(golden.accuracy) },
        meanAveragePrecision: closeTo(golden.meanAveragePrecision),
        ...{ macro: allClose(golden.macro), micro: allClose(golden.micro) },
        classes: golden.classes.map((own, i) => ({
          ...{ ...allClose(own), name: NAMES[i], threshold: thresholds[i] },
          support: truth.filter((labels) => labels.includes(i)).length,
        })),
      });
    });
  });

  it('predicts from the threshold on, the threshold included', () => {
    const { predicted, classes } = multiLabelScores(
      [[0], [1]],
      [
        [0.5, 0.2],
        [0.49, 0.9],
      ],
      ['cat', 'dog'],
      [0.5, 0.95],
    );
    expect(predicted).toEqual([[0], []]);
    expect(classes.map((each) => each.predicted)).toEqual([1, 0]);
  });

  it('has average precision 1 exactly if all images with a label come first, whatever the scale', () => {
    const images = fc.array(
      fc.tuple(fc.boolean(), fc.double({ min: 0.001, max: 1, noNaN: true })),
      {
        minLength: 1,
        maxLength: 30,
      },
    );
    fc.assert(
      fc.property(images, (drawn) => {
        fc.pre(drawn.some(([has]) => has));
        const truth = drawn.map(([has]) => (has ? [0] : []));
        const score = (scale: (p: number) => number) =>
          multiLabelScores(
            truth,
            drawn.map(([, p]) => [scale(p)]),
            ['cat'],
            [0.5],
          ).meanAveragePrecision!;
        const of = (has: boolean) => drawn.filter((each) => each[0] === has).map(([, p]) => p);
        const isApart = of(true).every((own) => of(false).every((other) => own > other));
        const found = score((p) => p);
        expect(found === 1).toBe(isApart);
        // Halving is exact, so that no two probabilities become equal.
        expect(score((p) => p / 2)).toBeCloseTo(found, 9);
      }),
    );
  });
});
