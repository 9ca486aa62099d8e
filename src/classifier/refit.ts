import * as tf from '@tensorflow/tfjs';
import type { ImageFormat, Part } from '../pictures/set.js';
import { withLogits } from '../train/logits.js';
import type { Familiarity } from './familiarity/familiarity.js';
import { fitFamiliarity } from './familiarity/fit.js';
import { describe } from './familiarity/space.js';
import { featureViewOf } from './familiarity/view.js';
import { divideLogits, fitTemperature } from './temperature.js';

/** What is fitted to a model that has been fine-tuned. */
export interface Refitted {
  readonly temperature: number;
  /** Undefined if it isn't known where the model's backbone ends. */
  readonly familiarity: Familiarity | undefined;
}

/** A model's outputs for a part's pictures. The caller disposes the tensors. */
interface Seen {
  readonly labels: Int32Array;
  readonly logits: tf.Tensor;
  readonly descriptors: tf.Tensor2D | undefined;
}

/** Runs a model that returns logits on pictures. Those that can't be decoded were reported in training. */
async function runOn(model: tf.LayersModel, part: Part, format: ImageFormat): Promise<Seen> {
  const view = featureViewOf(model);
  const labels: number[] = [];
  const logits: tf.Tensor[] = [];
  const descriptors: tf.Tensor2D[] = [];
  try {
    for await (const batch of part.batches(format, {})) {
      try {
        const [own, described] = tf.tidy(() => {
          if (view === undefined) return [model.predictOnBatch(batch.images) as tf.Tensor];
          const [scores, maps] = view.model.predictOnBatch(batch.images) as [tf.Tensor, tf.Tensor];
          return [scores, describe(maps, view.channels)] as const;
        });
        logits.push(own);
        if (described) descriptors.push(described);
      } finally {
        batch.images.dispose();
      }
      labels.push(...batch.labels);
    }
    return {
      labels: Int32Array.from(labels),
      logits: tf.concat(logits),
      descriptors: view && tf.concat(descriptors),
    };
  } finally {
    tf.dispose([logits, descriptors]);
  }
}

/**
 * Fits the temperature of a fine-tuned model, and what tells how familiar pictures are: its features have changed. Runs the model
 * on all pictures once more.
 */
export async function refit(
  model: tf.LayersModel,
  { train, validation }: { readonly train: Part; readonly validation: Part | undefined },
  format: ImageFormat,
): Promise<Refitted> {
  const seen: Seen[] = [];
  try {
    return await withLogits('model', model, async (kind) => {
      const training = await runOn(model, train, format);
      seen.push(training);
      const held = validation && (await runOn(model, validation, format));
      if (held) seen.push(held);
      const fitted = held && (await fitTemperature(kind, held.logits, held.labels));
      const temperature = fitted !== undefined && divideLogits(model, fitted) ? fitted : 1;
      const [own, others] = [training, held].map(
        (each) => each?.descriptors && { values: each.descriptors, labels: each.labels },
      );
      const familiarity = own && (await fitFamiliarity(own, others, own.values.shape[1]));
      return { temperature, familiarity };
    });
  } finally {
    for (const { logits, descriptors } of seen) tf.dispose([logits, descriptors]);
  }
}
