import { chooseThresholds } from '../../src/train/thresholds';

describe('chooseThresholds', () => {
  it('is half of the highest F1 of each class, and 0.5 without a picture of it', () => {
    const truth = [[0], [0, 1], [1], []];
    const probabilities = [
      [0.9, 0.3, 0.1],
      [0.4, 0.2, 0.9],
      [0.6, 0.8, 0.2],
      [0.1, 0.25, 0.4],
    ];
    // Class 0: the first three, 2 · 2 / (2 + 3); class 1: the first alone, 2 / 3, or all four, 4 / 6.
    expect(chooseThresholds(truth, probabilities, 3)).toEqual([0.8 / 2, 4 / 6 / 2, 0.5]);
  });

  it('finds pictures of equal probability together', () => {
    expect(chooseThresholds([[0], []], [[0.5], [0.5]], 1)).toEqual([2 / 3 / 2]);
  });

  it('is 0.5 for each class without pictures', () => {
    expect(chooseThresholds([], [], 2)).toEqual([0.5, 0.5]);
  });
});
