import type * as tf from '@tensorflow/tfjs';
import { trainableWeights } from '../adam.js';
import type { Examples } from '../examples.js';
import { AdamW } from './adamw.js';
import { firstLayerOf } from './first-layer.js';
import { StandardisedInputs } from './inputs.js';

/** What is to be trained, on which inputs. */
export interface Lesson {
  readonly model: tf.LayersModel;
  /** Whether the model's weights are those that it was built with. */
  readonly isNew: boolean;
  readonly examples: Examples;
  /** Number of steps of the whole run. */
  readonly steps: number;
}

/** What training without a given rate needs. */
export interface Prepared {
  readonly adam: AdamW;
  readonly inputs: StandardisedInputs;
}

/**
 * Prepares training without a given rate.
 *
 * @returns undefined if the model's inputs can't be standardised
 * @throws ArgumentError if a feature isn't finite
 */
export async function prepareAdamW(lesson: Lesson): Promise<Prepared | undefined> {
  const { model, isNew, examples, steps } = lesson;
  const weights = trainableWeights(model);
  const layer = firstLayerOf(model, weights);
  if (layer === undefined) return undefined;
  const inputs = await StandardisedInputs.of(layer, examples, isNew);
  return { adam: new AdamW(weights, steps), inputs };
}
