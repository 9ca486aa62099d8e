import * as tf from '@tensorflow/tfjs';
import type { Backbone } from '../backbone/backbone.js';
import type { EngineName } from '../engine/names.js';
import { requireEngineFor, startEngine } from '../engine/start.js';
import { PictureError } from '../errors.js';
import type { Head } from '../head/head.js';
import type { FeatureChunk } from '../pictures/chunks.js';
import { type Extraction, featureKey } from '../pictures/rows.js';
import type { FeatureOptions, PartFeatures } from '../pictures/set.js';
import type { LabelledFile } from '../pictures/types.js';
import { reductionOf } from '../train/extractor.js';
import { repeated } from '../train/features.js';
import { extractRows } from './extract-rows.js';

/** What is computed of each image for a head. */
export function extractionOf(backbone: Backbone, head: Head | undefined, engine?: EngineName) {
  const { model, preprocessing, inputSize } = backbone;
  const { featureShape, outputShape: shape, model: reduction, dispose } = reductionOf(model, head);
  const extraction: Extraction = {
    ...{ inputSize, shape },
    key: async () => featureKey(await backbone.sha256(), backbone, reduction),
    start: () => startEngine({ model, reduction, preprocessing }, engine),
  };
  return { extraction, featureShape, dispose };
}

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
  await requireEngineFor(backbone.model, engine);
  const { extraction, featureShape, dispose } = extractionOf(backbone, head, engine);
  const { shape } = extraction;
  try {
    for await (const chunk of extractRows(extraction, files, options, chunkOf)) {
      yield { ...chunk, shape, featureShape };
    }
  } finally {
    dispose();
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
