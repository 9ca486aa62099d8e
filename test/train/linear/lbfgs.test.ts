import { lbfgs } from '../../../src/train/linear/lbfgs';

type Scalar = (x: Float64Array) => { value: number; gradient: Float64Array };

const counted = (of: Scalar) => {
  const calls = { count: 0 };
  const objective = (x: Float64Array) => {
    calls.count++;
    return Promise.resolve(of(x));
  };
  return { calls, objective };
};

/** ½ Σ a·(x − 1)², whose minimum is at 1. */
const quadratic =
  (curvatures: readonly number[]): Scalar =>
  (x) => ({
    value: curvatures.reduce((sum, a, i) => sum + 0.5 * a * (x[i]! - 1) ** 2, 0),
    gradient: Float64Array.from(curvatures, (a, i) => a * (x[i]! - 1)),
  });

/** Curved and badly scaled: its valley bends. */
const rosenbrock: Scalar = ([x = 0, y = 0]) => ({
  value: (1 - x) ** 2 + 100 * (y - x * x) ** 2,
  gradient: Float64Array.of(2 * (x - 1) - 400 * x * (y - x * x), 200 * (y - x * x)),
});

const STRICT = { tolerance: 1e-9 };

describe('lbfgs', () => {
  it.each([
    ['one curvature', quadratic([3, 3, 3]), [0, 0, 0], 10],
    ['curvatures of six decades', quadratic([1e-3, 1, 1e3]), [9, -9, 9], 80],
    ['a steep one', quadratic([1e8, 1e8]), [50, -50], 20],
    ['a bent valley', rosenbrock, [-1.2, 1], 120],
  ] as const)('finds the minimum of %s', async (_, of, start, most) => {
    const { calls, objective } = counted(of);
    const { at, evaluated, iterations } = await lbfgs(objective, Float64Array.from(start), STRICT);
    for (const x of at) expect(x).toBeCloseTo(1, 5);
    expect(evaluated).toEqual(of(at));
    expect(calls.count).toBeLessThanOrEqual(most);
    expect(calls.count).toBeGreaterThanOrEqual(iterations);
  });

  it('stays at a minimum', async () => {
    const { calls, objective } = counted(quadratic([1, 2]));
    const { at, iterations } = await lbfgs(objective, Float64Array.of(1, 1), STRICT);
    expect([[...at], iterations, calls.count]).toEqual([[1, 1], 0, 1]);
  });

  it('ends where rounding hides what is left, as in sums of float32', async () => {
    const exact = quadratic([1, 40]);
    const { calls, objective } = counted((x) => {
      const { value, gradient } = exact(x);
      return { value: Math.fround(5 + value), gradient };
    });
    const { at } = await lbfgs(objective, Float64Array.of(3, -3), { tolerance: 1e-12 });
    for (const x of at) expect(x).toBeCloseTo(1, 4);
    expect(calls.count).toBeLessThan(200);
  });

  it('ends on a function that is not finite', async () => {
    const { objective } = counted(() => ({ value: NaN, gradient: Float64Array.of(NaN) }));
    const { evaluated } = await lbfgs(objective, Float64Array.of(0), STRICT);
    expect(evaluated.value).toBeNaN();
  });

  it('goes back from a step to where the function is not finite', async () => {
    const { objective } = counted(([x = 0]) => ({
      value: x > 0 ? x - Math.log(x) : NaN,
      gradient: Float64Array.of(x > 0 ? 1 - 1 / x : NaN),
    }));
    const { at } = await lbfgs(objective, Float64Array.of(30), STRICT);
    expect(at[0]).toBeCloseTo(1, 6);
  });

  it('throws the reason of its signal', async () => {
    const controller = new AbortController();
    const { calls, objective } = counted((x) => {
      if (calls.count === 5) controller.abort(new Error('enough'));
      return rosenbrock(x);
    });
    const { signal } = controller;
    await expect(lbfgs(objective, Float64Array.of(-1.2, 1), { ...STRICT, signal })).rejects.toThrow(
      'enough',
    );
    expect(calls.count).toBeLessThan(10);
  });
});
