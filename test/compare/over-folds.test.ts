import type { ComparedHead, HeadFit } from '../../src/compare/comparison';
import { accuracyOver, differenceOver, overFolds } from '../../src/compare/over-folds';
import { recommend } from '../../src/compare/recommend';

describe('overFolds', () => {
  it('is the interval of the corrected resampled t-test', () => {
    // scipy: stats.t.ppf(0.975, 4) * np.std(values, ddof=1) * np.sqrt(1 / 5 + 1 / 4)
    const { mean, low, high } = overFolds([0.9, 0.92, 0.88, 0.95, 0.85]);
    expect(mean).toBeCloseTo(0.9, 10);
    expect(high - mean).toBeCloseTo(0.070922, 5);
    expect(mean - low).toBeCloseTo(0.070922, 5);
  });

  it('widens what agrees by chance to Wilson’s interval', () => {
    expect(overFolds([1, 1, 1])).toEqual({ mean: 1, low: 1, high: 1 });
    const { mean, low, high } = accuracyOver([1, 1, 1], [4, 3, 3]);
    expect([mean, high]).toEqual([1, 1]);
    // statsmodels: proportion_confint(10, 10, method='wilson')
    expect(low).toBeCloseTo(0.722467, 5);
  });
});

describe('differenceOver', () => {
  it('is Newcombe’s interval where the folds happen to agree', () => {
    const { mean, low, high } = differenceOver(
      [
        [0.8, 0.6],
        [0.8, 0.6],
      ],
      [35, 35],
    );
    expect(mean).toBeCloseTo(0.2, 10);
    // Of 56 and 42 of 70, by hand: Wilson's intervals are 0.6918 to 0.8770 and 0.4829 to 0.7067.
    expect(low).toBeCloseTo(0.0481, 3);
    expect(high).toBeCloseTo(0.3401, 3);
  });

  it('never calls four pictures clear', () => {
    const { low, high } = differenceOver(
      [
        [1, 0.5],
        [1, 0.5],
      ],
      [2, 2],
    );
    expect(low).toBeLessThan(0);
    expect(high).toBeGreaterThan(0.8);
  });
});

/** A head with a number of parameters and an accuracy on each fold. */
const head = (name: string, params: number, ...accuracies: number[]): ComparedHead => {
  const folds = accuracies.map((validationAccuracy) => ({ validationAccuracy, pictures: 100 }));
  const fit = { folds, validationAccuracy: overFolds(accuracies) } as unknown as HeadFit;
  return { name, head: { params }, fit } as unknown as ComparedHead;
};

describe('recommend', () => {
  it('takes the smallest head where the difference may be chance', () => {
    const heads = [head('large', 1000, 0.92, 0.9, 0.95), head('small', 10, 0.91, 0.91, 0.93)];
    expect(recommend(heads)).toEqual({
      head: 'small',
      reason:
        'The large head was more accurate by 0.7 points (95% interval -5.3 to 6.7), which may be chance; the small head has 10 ' +
        'parameters, the large head 1,000.',
    });
  });

  it('takes the most accurate head where it is clearly better', () => {
    const heads = [head('large', 1000, 0.92, 0.9, 0.95), head('small', 10, 0.72, 0.71, 0.74)];
    expect(recommend(heads)).toMatchObject({
      head: 'large',
      reason: expect.stringMatching(
        /^It was more accurate than the small head by 20\.0 points/,
      ) as string,
    });
  });

  it('says so where the smallest is also the best', () => {
    const heads = [head('small', 10, 0.95, 0.93, 0.99), head('large', 1000, 0.92, 0.9, 0.95)];
    expect(recommend(heads)?.reason).toBe(
      'No head was more accurate, and none has fewer parameters: 10.',
    );
  });

  it('takes the smaller of two that are alike, whatever their order', () => {
    const twins = [head('a', 20, 0.9, 0.8), head('b', 10, 0.9, 0.8)];
    expect(recommend(twins)?.head).toBe('b');
    expect(recommend([...twins].reverse())?.head).toBe('b');
  });

  it('says so where always naming the largest class is as good', () => {
    const heads = [head('a', 20, 0.6, 0.5), head('b', 10, 0.6, 0.5)];
    expect(recommend(heads, 0.5)?.reason).toMatch(
      /It isn't clearly better than always naming the largest class, which gets 50\.0%: add pictures\.$/,
    );
    expect(
      recommend([head('a', 20, 0.9, 0.9, 0.9), head('b', 10, 0.9, 0.9, 0.9)], 0.5)?.reason,
    ).not.toMatch(/add pictures/);
  });

  it('needs two heads that were trained', () => {
    expect(recommend([head('a', 20, 0.9, 0.8)])).toBeUndefined();
    expect(
      recommend([head('a', 20, 0.9, 0.8), { ...head('b', 10, 0.9, 0.8), fit: null }]),
    ).toBeUndefined();
  });
});
