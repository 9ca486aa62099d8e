import type * as tf from '@tensorflow/tfjs';
import type { Preprocessing } from '../base/preprocess.js';
import type { EngineName } from './names.js';

/** What an engine computes: pixels → features, or scores. */
export interface EngineTask {
  /** From preprocessed images to features, or to scores. Its weights are copied when the engine starts. */
  readonly model: tf.LayersModel;
  /** Reduces the model's output, usually by a head's pooling. */
  readonly reduction?: tf.LayersModel | undefined;
  /** How pixels are scaled before they enter the model. @default not at all: the engine takes the model's images */
  readonly preprocessing?: Preprocessing | undefined;
}

/** Runs a frozen model. Code that uses it doesn't depend on which engine it is. */
export interface Engine {
  readonly name: EngineName;
  /**
   * @param pixels `[n, height, width, 3]`, RGB from 0 to 255, unless nothing is scaled; they remain the caller's
   * @returns the output, which the caller disposes
   */
  readonly run: (pixels: tf.Tensor4D) => Promise<tf.Tensor>;
  /** Frees the engine, once the runs that have begun have ended. */
  readonly dispose: () => Promise<void>;
}
