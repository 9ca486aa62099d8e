import type { NamedArray } from '../weights/formats/named-array.js';

/** What one epoch came to; accuracies are shares of images, 0 to 1. */
export interface Epoch {
  readonly epoch: number;
  /** Mean over the epoch's steps. */
  readonly loss: number;
  /** On what it was trained on, after the epoch. */
  readonly accuracy: number;
  readonly validationLoss?: number;
  readonly validationAccuracy?: number;
  /** Accuracy in training less that in validation: what was learnt by heart. */
  readonly gap?: number;
}

/** Where training stands after an epoch: enough to go on as if it had never been interrupted. */
export interface TrainingState {
  readonly history: readonly Epoch[];
  readonly bestEpoch: number;
  /** Steps that Adam has taken. */
  readonly steps: number;
  readonly weights: readonly NamedArray[];
  /** Adam's two moments of each weight. */
  readonly moments: readonly NamedArray[];
  /** Weights of the best epoch; none where there is no validation. */
  readonly best: readonly NamedArray[];
}

/** Keeps the state of a training run; in Node, `checkpointFile` of `resnet-heads/node`. */
export interface Checkpoint {
  /** What was saved last; nothing where nothing was, or where it can't be used. */
  load(): Promise<TrainingState | undefined>;
  save(state: TrainingState): Promise<void>;
}
