import type * as tf from '@tensorflow/tfjs';
import type { Preprocessing } from '../../base/preprocess.js';
import type { EngineName } from '../../engines.js';
import type { Reduction } from '../../train/extractor.js';

/** What an engine computes: pictures → features. */
export interface EngineTask {
  readonly base: tf.LayersModel;
  /** The head's pooling, which reduces the base's map. */
  readonly reduction: Reduction;
  readonly preprocessing: Preprocessing;
  readonly inputSize: readonly [height: number, width: number];
}

/** Runs a frozen base. Code that uses it doesn't depend on which engine it is. */
export interface Engine {
  readonly name: EngineName;
  /**
   * @param pixels `[count, height, width, 3]`, RGB from 0 to 255
   * @returns features, `[count, …reduction.outputShape]`
   */
  readonly run: (pixels: Uint8Array, count: number) => Promise<Float32Array>;
  readonly dispose: () => Promise<void>;
}
