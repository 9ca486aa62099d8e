import fc from 'fast-check';
import { splitByLabelSets } from '../../src/pictures/split-label-sets';
import { foldsOf } from '../../src/train/linear/folds';
import { messageOf } from '../setup/memory';

type Sets = readonly (readonly number[])[];

/** Pictures whose label is the number of their set. */
const picturesOf = (sets: Sets) => sets.map((_, label) => ({ path: `${label}.png`, label }));

const countIn = (sets: Sets, label: number) => sets.filter((set) => set.includes(label)).length;
const LABELS = [0, 1, 2, 3];

describe('splitByLabelSets', () => {
  const drawn = fc
    .array(fc.subarray(LABELS), { minLength: 2, maxLength: 60 })
    .filter((sets) => LABELS.some((label) => countIn(sets, label) > 1));
  const share = fc.double({ min: 0.05, max: 0.6, noNaN: true });
  const seeds = fc.maxSafeInteger();

  it('puts each picture on one side, and keeps a picture of each class for training', () => {
    fc.assert(
      fc.property(drawn, share, seeds, (sets, validation, seed) => {
        const split = splitByLabelSets(picturesOf(sets), sets, { validation, seed });
        const both = [...split.train, ...split.validation].map(({ label }) => label);
        expect(both.sort((a, b) => a - b)).toEqual([...sets.keys()]);
        const kept = split.train.map(({ label }) => sets[label]!);
        for (const label of LABELS) {
          expect(countIn(kept, label) > 0).toBe(countIn(sets, label) > 0);
        }
      }),
    );
  });

  it('holds the same share of each class and of pictures without labels out', () => {
    // Four classes that are in one picture in 2, 3, 5 and 50; one picture in five has none.
    const sets = Array.from({ length: 600 }, (_, i) => [
      ...(i % 2 === 0 ? [0] : []),
      ...(i % 3 === 0 ? [1] : []),
      ...(i % 5 === 0 ? [2] : []),
      ...(i % 50 === 7 ? [3] : []),
    ]);
    for (const seed of [0, 1, 2]) {
      const { validation } = splitByLabelSets(picturesOf(sets), sets, { validation: 0.2, seed });
      const held = validation.map(({ label }) => sets[label]!);
      for (const label of LABELS) {
        expect(Math.abs(countIn(held, label) - countIn(sets, label) * 0.2)).toBeLessThan(4);
      }
      const none = held.filter((set) => set.length === 0).length;
      const all = sets.filter((set) => set.length === 0).length;
      expect(Math.abs(none - all * 0.2)).toBeLessThan(8);
    }
  });

  it('depends on the seed, and gives the same split twice', () => {
    const sets = Array.from({ length: 50 }, (_, i) => [i % 3]);
    const split = (seed: number) =>
      splitByLabelSets(picturesOf(sets), sets, { validation: 0.2, seed });
    expect(split(1)).toEqual(split(1));
    expect(split(1)).not.toEqual(split(2));
  });

  it('names what it needs', () => {
    expect(
      messageOf(() => splitByLabelSets(picturesOf([[0], [1]]), [[0], [1]], { validation: 0.5 })),
    ).toBe(
      'ArgumentError: pictures: expected a class with two or more pictures to hold some out, got 2 classes with one each',
    );
  });
});

describe('foldsOf label sets', () => {
  it('spreads each class over the folds', () => {
    const sets = Array.from({ length: 100 }, (_, i) => [
      ...(i % 2 === 0 ? [0] : []),
      ...(i % 10 === 3 ? [1] : []),
      ...(i % 4 === 0 ? [2] : []),
    ]);
    const { of, count } = foldsOf(Int32Array.from(sets.keys()), 1, sets)!;
    expect(count).toBe(5);
    for (const label of [0, 1, 2]) {
      const counts = [0, 1, 2, 3, 4].map((fold) =>
        countIn(
          sets.filter((_, i) => of[i] === fold),
          label,
        ),
      );
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(2);
    }
  });

  it('has no folds if a class has a single picture', () => {
    const sets = [[0], [0, 1], [0]];
    expect(foldsOf(Int32Array.from(sets.keys()), 1, sets)).toBeUndefined();
  });
});
