import type * as tf from '@tensorflow/tfjs';
import { ArgumentError } from '../errors.js';
import { buildHead } from '../model/attach.js';
import { requireFeatureMap } from '../model/check.js';
import { sha256 } from '../sha256.js';
import { resolveFitOptions } from '../train/fit-head.js';
import { DEFAULT_PATIENCE } from '../train/training-options.js';
import { checkpointFile, type RunSettings } from './checkpoint-file.js';
import { CLASSIFIER } from './classifier-folder.js';
import { contentOf } from './images/duplicates.js';
import type { FolderImage } from './images/folder.js';
import type { Parts } from './images/parts.js';
import { factsOf } from './write/place.js';
import { requireFolder } from './write/folder.js';
import type { TrainFolderOptions } from './train-options.js';

/** Follows the name of the classifier's folder. */
const CHECKPOINT = '.checkpoint.safetensors';

/** Where the state of a run is kept whose classifier is written to `out`. */
export const checkpointOf = async (out: string): Promise<string> =>
  (await requireFolder(out, CLASSIFIER)) + CHECKPOINT;

const contents = (images: readonly FolderImage[]): Promise<string> =>
  sha256(JSON.stringify(images.map((image) => [contentOf(image), image.label])));

/** The layers of a head with all their settings; what is drawn for their weights follows from the run's seed. */
async function configOf(head: TrainFolderOptions['head'], base: tf.LayersModel): Promise<string> {
  const shape = requireFeatureMap('base', base).shape.slice(1) as number[];
  const model = buildHead(head, shape, { weights: 'pending' });
  try {
    return await sha256(JSON.stringify(model.getConfig()));
  } finally {
    model.dispose();
  }
}

/** Everything that decides the result of {@link trainFolder}, all of it known before a picture is decoded. */
export async function settingsOf(
  base: tf.LayersModel,
  baseSha256: string,
  { classes, train, validation }: Parts,
  options: TrainFolderOptions,
): Promise<RunSettings> {
  const { head, preprocessing, engine = 'default', classWeights = 'none' } = options;
  const { epochs, batchSize, learningRate, patience, seed } = resolveFitOptions(head, {
    ...{ patience: DEFAULT_PATIENCE, ...options },
    validation: undefined,
  });
  return {
    ...{ epochs, batchSize, learningRate, patience: String(patience), seed },
    classWeights: typeof classWeights === 'string' ? classWeights : JSON.stringify(classWeights),
    classes: JSON.stringify(classes),
    head: await configOf(head, base),
    base: baseSha256,
    ...{ preprocessing, engine },
    'training pictures': await contents(train),
    'validation pictures': await contents(validation),
  };
}

/** @throws ArgumentError where there is no checkpoint */
export async function requireCheckpoint(path: string): Promise<void> {
  if ((await factsOf(path)) !== undefined) return;
  throw new ArgumentError(
    `resume: expected the checkpoint of a run that was broken off, ${path}, got no such file; begin the run without resume`,
  );
}

/**
 * Opens the checkpoint of a run. What is there already has to be of this run: else it would be written over.
 *
 * @throws ArgumentError where it is of another run, or damaged, or missing and `resume` is set
 */
export async function openCheckpoint(path: string, settings: RunSettings, resume: boolean) {
  const checkpoint = checkpointFile(path, settings);
  if (resume) await requireCheckpoint(path);
  await checkpoint.load();
  return checkpoint;
}
