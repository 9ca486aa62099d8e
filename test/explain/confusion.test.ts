import fc from 'fast-check';
import { confusionMatrix } from '../../src/explain/confusion';
import { expectNoLeak, messageOf } from '../setup/memory';

const CLASSES = ['cat', 'dog', 'owl'];
/** Of three cats two were taken for cats, of two dogs one; nothing was taken for an owl. */
const small = () => confusionMatrix([0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 0, 0], CLASSES);

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** Classes, and images of them with what they were taken for. */
const outcomes = fc.integer({ min: 1, max: 6 }).chain((n) => {
  const index = fc.nat(n - 1);
  return fc.record({
    classes: fc.constant(Array.from({ length: n }, (_, i) => `class ${i}`)),
    pairs: fc.array(fc.tuple(index, index), { minLength: 1, maxLength: 60 }),
  });
});
const confusionOf = (pairs: readonly (readonly [number, number])[], classes: readonly string[]) =>
  confusionMatrix(
    pairs.map(([truth]) => truth),
    pairs.map(([, predicted]) => predicted),
    classes,
  );

describe('confusionMatrix', () => {
  it('counts, and says null where there is nothing to divide by', async () => {
    await expectNoLeak(() => {
      const { counts, total, accuracy, classes, macro } = small();
      expect(counts).toEqual([
        [2, 1, 0],
        [1, 1, 0],
        [1, 0, 0],
      ]);
      expect([total, accuracy]).toEqual([6, 0.5]);
      expect(classes).toEqual([
        { name: 'cat', support: 3, predicted: 4, precision: 1 / 2, recall: 2 / 3, f1: 4 / 7 },
        { name: 'dog', support: 2, predicted: 2, precision: 1 / 2, recall: 1 / 2, f1: 1 / 2 },
        { name: 'owl', support: 1, predicted: 0, precision: null, recall: 0, f1: 0 },
      ]);
      expect(macro.precision).toBe(1 / 2);
      expect(macro.recall).toBeCloseTo((2 / 3 + 1 / 2) / 3, 12);
      expect(macro.f1).toBeCloseTo((4 / 7 + 1 / 2) / 3, 12);
    });
  });

  it('leaves a class that is neither seen nor guessed out of every mean', () => {
    const { classes, macro } = confusionMatrix([0, 0], [0, 0], ['cat', 'dog']);
    expect(classes[1]).toMatchObject({ precision: null, recall: null, f1: null });
    expect(macro).toEqual({ precision: 1, recall: 1, f1: 1 });
  });

  it('its rows sum to the support, its columns to what was guessed, its trace to the accuracy', () => {
    fc.assert(
      fc.property(outcomes, ({ classes, pairs }) => {
        const confusion = confusionOf(pairs, classes);
        const { counts, total, accuracy } = confusion;
        for (const [i, { support, predicted }] of confusion.classes.entries()) {
          expect(sum(counts[i]!)).toBe(support);
          expect(sum(counts.map((row) => row[i]!))).toBe(predicted);
        }
        expect(sum(counts.flat())).toBe(total);
        expect(accuracy).toBe(sum(counts.map((row, i) => row[i]!)) / total);
      }),
    );
  });

  it('keeps every share between 0 and 1, and F1 between precision and recall', () => {
    fc.assert(
      fc.property(outcomes, ({ classes, pairs }) => {
        for (const { precision, recall, f1 } of confusionOf(pairs, classes).classes) {
          for (const share of [precision, recall, f1]) {
            expect(share === null || (share >= 0 && share <= 1)).toBe(true);
          }
          if (precision === null || recall === null) continue;
          expect(f1).toBeGreaterThanOrEqual(Math.min(precision, recall) - 1e-12);
          expect(f1).toBeLessThanOrEqual(Math.max(precision, recall) + 1e-12);
        }
      }),
    );
  });

  it('turned round, exchanges precision and recall', () => {
    fc.assert(
      fc.property(outcomes, ({ classes, pairs }) => {
        const there = confusionOf(pairs, classes);
        const back = confusionOf(
          pairs.map(([truth, predicted]) => [predicted, truth]),
          classes,
        );
        expect(back.classes.map(({ recall }) => recall)).toEqual(
          there.classes.map(({ precision }) => precision),
        );
        expect(back.accuracy).toBe(there.accuracy);
      }),
    );
  });

  it('says what does not fit', () => {
    expect(messageOf(() => confusionMatrix([0], [0], []))).toBe(
      'ArgumentError: classes: expected a name for each class, got []',
    );
    expect(messageOf(() => confusionMatrix([0, 3], [0, 1], CLASSES))).toBe(
      'ArgumentError: truth[1]: expected a class index from 0 to 2, got 3',
    );
    expect(messageOf(() => confusionMatrix([0, 1], [0, 0.5], CLASSES))).toBe(
      'ArgumentError: predicted[1]: expected a class index from 0 to 2, got 0.5',
    );
    expect(messageOf(() => confusionMatrix([0, 1], [0], CLASSES))).toBe(
      'ArgumentError: predicted: expected one prediction for each of 2 true classes, got 1',
    );
    expect(messageOf(() => confusionMatrix([], [], CLASSES))).toBe(
      'ArgumentError: truth: expected the class of at least one image, got []',
    );
    expect(messageOf(() => confusionMatrix({ length: 1 } as never, [0], CLASSES))).toBe(
      'ArgumentError: truth: expected an array of class indices, got an object; for a tensor, pass [...tensor.dataSync()]',
    );
  });
});
