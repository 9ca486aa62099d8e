import type * as tf from '@tensorflow/tfjs';
import type { ScoreKind } from '../model/scores.js';
import type { Adam } from './adam.js';
import type { Epoch, Figures } from './checkpoint.js';
import type { Labels } from './labels.js';

/**
 * The result of training with Adam. The figures are those of the best epoch, or NaN if no epoch was completed; after `fitHead`, the
 * loss and accuracy on the training pictures are measured at the end, with the weights of that epoch.
 */
export interface AdamOutcome extends Figures {
  readonly solver: 'adam';
  readonly history: readonly Epoch[];
  /**
   * The epoch that the weights are from, as an index into `history`: the one with the lowest validation loss, or the last one without
   * validation. The command line counts epochs from 1.
   */
  readonly bestEpoch: number;
  readonly endedBy: 'epochs' | 'patience' | 'signal' | 'callback';
}

/** A model's inputs, with the labels of each. */
export interface Batch extends Labels {
  readonly inputs: tf.Tensor;
}

/** Yields the batches of an epoch, and disposes each when the next one is requested or when iteration ends. */
export type Batches = (epoch: number) => AsyncIterable<Batch> | Iterable<Batch>;

/** A model whose inputs aren't the features as they are while it is trained. */
export interface Rescaled {
  /** Converts the model's weights to those for its inputs in training. */
  enter(): void;
  /** Converts them back. */
  leave(): void;
  /** Calls a function while the weights are those for the features as they are; if it changes them, training goes on from there. */
  reveal(call: () => unknown): Promise<void>;
}

/** The model to train and its data. */
export interface Course {
  /** Returns logits. */
  readonly model: tf.LayersModel;
  /** The model's logits in training, if there is a faster way to them than its layers. */
  readonly logits?: ((inputs: tf.Tensor) => tf.Tensor) | undefined;
  /** Takes the steps, and is disposed afterwards; Adam at the settings' rate if there is none. */
  readonly adam?: Adam | undefined;
  /** Converts the weights, if the inputs are converted. */
  readonly inputs?: Rescaled | undefined;
  readonly kind: ScoreKind;
  readonly training: Batches;
  /** What the loss and accuracy of the result are measured on, once, at the end; without it, they are those of the best epoch. */
  readonly seen?: Batches;
  readonly validation?: Batches | undefined;
  /** Whether the signal may end an epoch, as batches are read from a store; the result is then that of the epochs before. */
  readonly isStored?: boolean;
  /** Number of examples in an epoch, if known beforehand. */
  readonly samples?: number | undefined;
  readonly classWeights: Float32Array | undefined;
  /** Whether to restore the model's weights if training fails; not needed if the model is then discarded. */
  readonly restores: boolean;
}
