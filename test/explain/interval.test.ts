import { intervalOf } from '../../src/explain/interval';

describe('intervalOf', () => {
  // scipy.stats.binomtest(right, total).proportion_ci(method='wilson').
  it.each([
    [8, 10, 0.49016, 0.94332],
    [0, 10, 0, 0.27753],
    [10, 10, 0.72247, 1],
    [975, 1000, 0.9634, 0.983],
  ])('is Wilson’s of %i of %i', (right, total, low, high) => {
    const [from, to] = intervalOf(right, total);
    expect(from).toBeCloseTo(low, 4);
    expect(to).toBeCloseTo(high, 4);
  });
});
