/** The part of the untyped package `mnist` that the demo uses. */
declare module 'mnist' {
  interface Digit {
    /** The 28 × 28 pixels of one picture, row by row, 0 to 1. */
    get(index: number): number[];
  }
  const mnist: Readonly<Record<0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9, Digit>>;
  export default mnist;
}
