/** To the right, down, or both at once. */
export type ShiftAxis = 'x' | 'y' | 'both';

/** How a model did on images shifted by so many pixels. */
export interface ShiftResult {
  readonly pixels: number;
  /** Share of the images that were taken for what they are. */
  readonly accuracy: number;
  /** Share that were taken for what they were taken for unshifted, right or wrong. */
  readonly agreement: number;
  readonly images: number;
}

/** What `translationRobustness` finds of a model. */
export interface Robustness {
  readonly kind: 'robustness';
  readonly axis: 'x' | 'y' | 'both';
  /** In the order of the shifts asked for. */
  readonly shifts: readonly ShiftResult[];
}

/** By the model's name, as a table and a chart have it. */
export type RobustnessByName = Readonly<Record<string, Robustness>>;
