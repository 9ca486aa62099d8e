/** How far something is that takes a while: told as soon as it begins, with 0 done, and at each step. */
export interface Progress {
  /** What is going on. */
  readonly label:
    | 'weights'
    | 'training features'
    | 'validation features'
    | 'features'
    | 'training'
    | 'evaluation';
  /** So far; never less than before. */
  readonly done: number;
  /** In all, where that is known. */
  readonly total: number | undefined;
  readonly unit: 'bytes' | 'pictures' | 'epochs';
}

/** Bytes of weights that have arrived. */
export const ofBytes = (done: number, total: number | undefined): Progress => ({
  label: 'weights',
  done,
  total,
  unit: 'bytes',
});

/** Epochs that are done, of as many as there may be: training may end before. */
export const ofEpochs = (done: number, total: number): Progress => ({
  label: 'training',
  done,
  total,
  unit: 'epochs',
});

export type ProgressLabel = Progress['label'];
