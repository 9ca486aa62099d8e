import * as tf from '@tensorflow/tfjs';
import type { Backbone } from '../backbone/backbone.js';
import { requireEngineFor, startEngine } from '../engine/start.js';
import { PictureError } from '../errors.js';
import type { FeatureChunk } from '../pictures/chunks.js';
import { featureKey } from '../pictures/rows.js';
import type { FeatureOptions, PartFeatures } from '../pictures/set.js';
import type { LabelledFile } from '../pictures/types.js';
import { reductionOf } from '../train/extractor.js';
import { repeated } from '../train/features.js';
import { extractRows } from './extract-rows.js';

/**
 * Computes the features of picture files with a frozen backbone; see {@link extractRows}.
 *
 * The engine runs a copy whose BatchNorms are folded into the convolutions before them: features differ from the backbone's own by
 * rounding.
 */
export async function* extractChunks(
  backbone: Backbone,
  files: readonly LabelledFile[],
  { head, engine, ...options }: FeatureOptions,
  chunkOf: (values: number) => number,
): AsyncGenerator<FeatureChunk> {
  const { model, preprocessing, inputSize } = backbone;
  await requireEngineFor(model, engine);
  const reduction = reductionOf(model, head);
  const { featureShape, outputShape: shape } = reduction;
  const extraction = {
    ...{ inputSize, shape },
    key: async () => featureKey(await backbone.sha256(), backbone, reduction.model),
    start: () => startEngine({ model, reduction: reduction.model, preprocessing }, engine),
  };
  try {
    for await (const chunk of extractRows(extraction, files, options, chunkOf)) {
      yield { ...chunk, shape, featureShape };
    }
  } finally {
    reduction.dispose();
  }
}

/**
 * Computes the features of picture files as {@link extractChunks} does, all in memory.
 *
 * @returns features, whose tensor the caller disposes
 */
export async function extractFiles(
  backbone: Backbone,
  files: readonly LabelledFile[],
  options: FeatureOptions,
): Promise<PartFeatures> {
  for await (const chunk of extractChunks(backbone, files, options, () => files.length)) {
    const { data, shape, featureShape, views, files: found, computed, engine } = chunk;
    const labels = repeated(
      found.map((file) => file.label),
      views,
    );
    return {
      values: tf.tensor(data, [labels.length, ...shape]),
      ...{ labels, featureShape, files: found, computed, engine },
      ...(views > 1 && { views }),
    };
  }
  throw new PictureError('pictures: expected at least one picture, got none');
}
