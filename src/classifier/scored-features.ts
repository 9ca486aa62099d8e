import * as tf from '@tensorflow/tfjs';
import { present } from '../errors.js';
import { volume } from '../layers/cost/layer-cost.js';
import { countClasses, imageProbabilities, readScores, scoreKindOf } from '../model/scores.js';
import { splitModel } from '../model/split.js';
import type { ImageFormat, Part } from '../pictures/set.js';
import { examplesOf } from '../train/examples.js';
import { VALUES } from '../train/linear/scale.js';
import { sectionsOf } from '../train/linear/sections.js';
import { partHead } from '../train/part-head.js';
import { hashModel } from '../weights/hash-model.js';
import type { Scored } from './scored.js';

interface ScoredOptions {
  /** @default as many as have 64 MB of features */
  readonly batchSize?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a classifier's head on features that its backbone computed.
 *
 * @throws ArgumentError if another backbone did, or they are pooled in another way
 */
export async function* scoredFeatures(
  model: tf.LayersModel,
  format: ImageFormat,
  { stored }: Part,
  { batchSize, signal }: ScoredOptions,
): AsyncGenerator<Scored> {
  // A view, which the model owns.
  const { base, head } = splitModel(model);
  const parts = partHead(head);
  try {
    const backbone = { ...format, sha256: () => hashModel(base) };
    const features = await present(stored, 'features').open(backbone, head, { isPlain: true });
    const { files = [], labelSets } = features;
    const size = batchSize ?? Math.max(1, Math.floor(VALUES / volume(features.shape)));
    const options = { classes: countClasses(head), batchSize: size, signal };
    for await (const { section, from } of sectionsOf(
      examplesOf('features', features, parts, options),
      size,
    )) {
      signal?.throwIfAborted();
      // Read each time, as training of the same head would change it.
      const kind = scoreKindOf('model', model);
      const scores = tf.tidy(() =>
        imageProbabilities(parts.learning.predictOnBatch(section) as tf.Tensor, kind),
      );
      const own = files.slice(from, from + section.shape[0]);
      yield {
        labels: own.map(({ label }) => label),
        ...{ labelSets, files: own, scores: await readScores(scores) },
      };
    }
  } finally {
    parts.release();
    head.dispose();
  }
}
