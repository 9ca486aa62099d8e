export {};

declare global {
  // Jest's own way of declaring a matcher.
  // eslint-disable-next-line @typescript-eslint/no-namespace
  namespace jest {
    interface Matchers<R> {
      /**
       * Every number within `tolerance × max|expected|` of its counterpart: relative to the whole
       * array, since a single small number carries the rounding of the large ones beside it.
       */
      toBeAllclose(expected: ArrayLike<number>, tolerance: number): R;
    }
  }
}

expect.extend({
  toBeAllclose(received: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number) {
    const values = Array.from(received);
    const wanted = Array.from(expected);
    const scale = wanted.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    const worst = values.reduce(
      (max, value, i) => Math.max(max, Math.abs(value - (wanted[i] ?? NaN))),
      0,
    );
    const pass = values.length === wanted.length && values.length > 0 && worst <= tolerance * scale;
    return {
      pass,
      message: () =>
        `expected ${String(wanted.length)} numbers within ${String(tolerance)} × ${String(scale)}, ` +
        `got ${String(values.length)} numbers, the worst off by ${String(worst)}`,
    };
  },
});
