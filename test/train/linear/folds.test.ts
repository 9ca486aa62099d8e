import { foldsOf, foldsToReview } from '../../../src/train/linear/folds';

const labels = (...counts: readonly number[]) =>
  Int32Array.from(counts.flatMap((count, label) => Array<number>(count).fill(label)));

const countIn = (of: Int32Array, all: Int32Array, fold: number, label: number) =>
  all.filter((each, i) => each === label && of[i] === fold).length;

describe('foldsOf', () => {
  it('spreads each class evenly over five folds', () => {
    const all = labels(23, 7, 5);
    const { of, count } = foldsOf(all, 1)!;
    expect(count).toBe(5);
    for (const [label, total] of [23, 7, 5].entries()) {
      const counts = [0, 1, 2, 3, 4].map((fold) => countIn(of, all, fold, label));
      expect(counts.reduce((sum, each) => sum + each)).toBe(total);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    }
  });

  it('has no more folds than a class has pictures, and none with a single one', () => {
    expect(foldsOf(labels(9, 3), 1)?.count).toBe(3);
    expect(foldsOf(labels(9, 1), 1)).toBeUndefined();
  });

  it('depends on the seed alone', () => {
    const all = labels(20, 20);
    expect(foldsOf(all, 4)).toEqual(foldsOf(all, 4));
    expect(foldsOf(all, 5)).not.toEqual(foldsOf(all, 4));
  });
});

describe('foldsToReview', () => {
  it('has five folds whatever the smallest class, whose pictures are in folds of their own', () => {
    const all = labels(23, 2, 5);
    const { of, count } = foldsToReview(all, 1)!;
    expect(count).toBe(5);
    for (let fold = 0; fold < count; fold++) {
      expect(countIn(of, all, fold, 1)).toBeLessThanOrEqual(1);
      expect(countIn(of, all, fold, 2)).toBe(1);
    }
  });

  it('puts the only picture of a class in no fold', () => {
    const all = labels(9, 1);
    const { of } = foldsToReview(all, 1)!;
    expect(countIn(of, all, -1, 1)).toBe(1);
    expect(countIn(of, all, -1, 0)).toBe(0);
    expect(foldsToReview(labels(1, 1, 1), 1)).toBeUndefined();
  });

  it('has no fold without pictures', () => {
    expect(foldsToReview(labels(3, 2), 1)?.count).toBe(3);
  });
});
