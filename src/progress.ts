/** What is going on, for people. */
export type ProgressLabel =
  'weights' | 'training features' | 'validation features' | 'features' | 'evaluation';

/** How far something is that takes a while. */
export interface Progress {
  readonly label: ProgressLabel;
  /** So far; never less than before. */
  readonly done: number;
  /** In all, where that is known. */
  readonly total: number | undefined;
  readonly unit: 'bytes' | 'pictures';
}

/** Bytes of weights that have arrived. */
export const ofBytes = (done: number, total: number | undefined): Progress => ({
  label: 'weights',
  done,
  total,
  unit: 'bytes',
});

/** Called as soon as something begins, with 0 done, and at each step. */
export type OnProgress = (progress: Progress) => void;
