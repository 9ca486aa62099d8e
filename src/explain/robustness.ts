/** The direction of a shift: right, down, or both at once. */
export type ShiftAxis = 'x' | 'y' | 'both';

/** A model's predictions on images shifted by a number of pixels. */
export interface ShiftResult {
  readonly pixels: number;
  /** Share of the images that were predicted correctly. */
  readonly accuracy: number;
  /** Share of the images with the same prediction as without a shift, right or wrong. */
  readonly agreement: number;
  /** Number of images. */
  readonly images: number;
}

/** The result of `translationRobustness`. */
export interface Robustness {
  readonly kind: 'robustness';
  readonly axis: 'x' | 'y' | 'both';
  /** One result per shift, in the order of the option `shifts`. */
  readonly shifts: readonly ShiftResult[];
}

/** Robustness results by the name of the model, for tables and charts. */
export type RobustnessByName = Readonly<Record<string, Robustness>>;
