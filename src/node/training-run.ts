import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { RunFacts, TrainingRun } from '../classifier/node.js';
import { ArgumentError, reject } from '../errors.js';
import { buildHead } from '../model/attach.js';
import { contentOf } from '../pictures/duplicates.js';
import type { LabelledFile } from '../pictures/types.js';
import { sha256 } from '../sha256.js';
import { DEFAULT_PATIENCE } from '../train/training-options.js';
import { resolveFitOptions } from '../train/fit-head.js';
import { checkpointFile, type RunSettings } from './checkpoint-file.js';
import { CLASSIFIER, writeClassifier } from './classifier-folder.js';
import { removeFile } from './write/file.js';
import { requireFolder } from './write/folder.js';
import { factsOf } from './write/place.js';

/** Follows the name of the classifier's folder. */
const CHECKPOINT = '.checkpoint.safetensors';

/** Where the state of a run is kept whose classifier is written to `out`. */
export const checkpointOf = async (out: string): Promise<string> =>
  (await requireFolder(out, CLASSIFIER)) + CHECKPOINT;

const hashText = (text: string): Promise<string> => sha256(new TextEncoder().encode(text));

const contents = (files: readonly LabelledFile[]): Promise<string> =>
  hashText(JSON.stringify(files.map((file) => [contentOf(file), file.label])));

/** The layers of a head with all their settings; what is drawn for their weights follows from the run's seed. */
async function configOf({ head, backbone }: RunFacts): Promise<string> {
  const model = buildHead(head, backbone.featureShape, { weights: 'pending' });
  try {
    return await hashText(JSON.stringify(model.getConfig()));
  } finally {
    model.dispose();
  }
}

/** The files of a part, by whose content a run is told from others. */
function filesOf(part: RunFacts['set']['train'] | undefined): readonly LabelledFile[] {
  if (part === undefined) return [];
  return (
    part.files ?? reject('out', 'pictures that are files, whose content tells the run', 'others')
  );
}

/** Everything that decides the result of a run, all of it known before a picture is decoded. */
async function settingsOf(facts: RunFacts): Promise<RunSettings> {
  const { backbone, head, set, options } = facts;
  const { engine = 'default', classWeights = 'none' } = options;
  const { epochs, batchSize, learningRate, patience, seed } = resolveFitOptions(head, {
    ...{ patience: DEFAULT_PATIENCE, ...options },
  });
  return {
    ...{ epochs, batchSize, learningRate, patience: String(patience), seed },
    classWeights: typeof classWeights === 'string' ? classWeights : JSON.stringify(classWeights),
    classes: JSON.stringify(set.classes),
    head: await configOf(facts),
    backbone: await backbone.sha256(),
    ...{ preprocessing: backbone.preprocessing, engine },
    'training pictures': await contents(filesOf(set.train)),
    'validation pictures': await contents(filesOf(set.validation)),
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
 * Opens a training run whose classifier is written to `out`. A checkpoint that is there already has to be of this run: else it would be
 * written over.
 *
 * @throws ArgumentError where `out` holds anything but a classifier of this package or can't be written, and where the checkpoint is
 *   of another run, or damaged, or missing and `resume` is set
 */
export async function openRun(out: string, facts: RunFacts): Promise<TrainingRun> {
  const path = await checkpointOf(out);
  const { resume } = facts;
  const checkpoint = checkpointFile(path, await settingsOf(facts));
  if (resume) await requireCheckpoint(path);
  await checkpoint.load();
  return {
    checkpoint,
    async begin() {
      if (!resume) await removeFile(path);
      await mkdir(dirname(path), { recursive: true });
    },
    async end(files, endedBy) {
      await writeClassifier(out, files);
      // A run that was told to end can be gone on with.
      if (endedBy !== 'signal') await removeFile(path);
    },
  };
}
