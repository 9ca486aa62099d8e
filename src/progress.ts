/** Progress of a long operation: reported at its start, with `done` 0, and after each step. */
export interface Progress {
  /** The operation. */
  readonly label:
    | 'weights'
    | 'training features'
    | 'validation features'
    | 'features'
    | 'training'
    | 'evaluation'
    | 'classification'
    | 'calibration'
    | 'report';
  /** Units done so far; never decreases within an operation. */
  readonly done: number;
  /** Units in total, if known. */
  readonly total: number | undefined;
  readonly unit: 'bytes' | 'pictures' | 'epochs' | 'fits';
}

/** Progress of a download, in bytes. */
export const ofBytes = (done: number, total: number | undefined): Progress => ({
  label: 'weights',
  done,
  total,
  unit: 'bytes',
});

/** Progress of training, in epochs; `total` is the maximum, as training may stop early. */
export const ofEpochs = (done: number, total: number): Progress => ({
  label: 'training',
  done,
  total,
  unit: 'epochs',
});

/** Progress of L-BFGS, in fits; `total` is the maximum, as the search for a penalty may end early. */
export const ofFits = (done: number, total: number): Progress => ({
  label: 'training',
  done,
  total,
  unit: 'fits',
});

export type ProgressLabel = Progress['label'];
