import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { RunFacts, TrainingRun } from '../classifier/node.js';
import { ArgumentError, reject } from '../errors.js';
import { buildHead } from '../model/attach.js';
import { contentOf } from '../pictures/duplicates.js';
import type { LabelledFile } from '../pictures/types.js';
import { sha256 } from '../sha256.js';
import { DEFAULT_PATIENCE } from '../train/training-options.js';
import { resolveFitOptions } from '../train/fit-options.js';
import { checkpointFile, type RunSettings } from './checkpoint-file.js';
import { CLASSIFIER, writeClassifier } from './classifier-folder.js';
import { removeFile } from './write/file.js';
import { requireFolder } from './write/folder.js';
import { factsOf, isWithin, placeOf, realPlace } from './write/place.js';

/** Appended to the name of the classifier's folder. */
const CHECKPOINT = '.checkpoint.safetensors';

/** Path of the checkpoint of a run whose classifier is written to `out`. */
export const checkpointOf = async (out: string | URL): Promise<string> =>
  (await requireFolder(out, CLASSIFIER)) + CHECKPOINT;

/**
 * Checks the folder to write a classifier to.
 *
 * @param places folders of pictures, or .csv files, which can't contain it
 * @returns its absolute path
 * @throws ArgumentError if it contains anything but a classifier of this package, can't be written, or is in one of `places`
 */
export async function requireOut(
  out: string | URL,
  places: readonly (string | undefined)[],
): Promise<string> {
  placeOf('out', out);
  const path = await requireFolder(out, CLASSIFIER);
  for (const place of places) {
    if (place === undefined) continue;
    // If `place` can't be resolved, reading it will report that.
    if (!isWithin(await realPlace(place).catch(() => place), path)) continue;
    reject('out', 'a folder outside the pictures', String(out), 'it would be taken for a class');
  }
  return path;
}

/** A hash of the contents and labels of files. */
function contents(part: RunFacts['set']['train'] | undefined): Promise<string> {
  const labelOf = ({ label }: LabelledFile) => part?.labelSets?.[label] ?? label;
  return sha256(JSON.stringify(filesOf(part).map((file) => [contentOf(file), labelOf(file)])));
}

/** A hash of a head's layers and their settings; initial weights depend on the run's seed. */
async function configOf({ head, backbone }: RunFacts): Promise<string> {
  const model = buildHead(head, backbone.featureShape, { weights: 'pending' });
  try {
    return await sha256(JSON.stringify(model.getConfig()));
  } finally {
    model.dispose();
  }
}

/** The files of a part, whose content identifies a run. */
function filesOf(part: RunFacts['set']['train'] | undefined): readonly LabelledFile[] {
  if (part === undefined) return [];
  return (
    part.files ?? reject('out', 'pictures from files, whose content identifies the run', 'others')
  );
}

/** Everything that determines the result of a run; known before any picture is decoded. */
async function settingsOf(facts: RunFacts): Promise<RunSettings> {
  const { backbone, head, set, options, solver } = facts;
  const { engine = 'default', classWeights = 'none', views = ['none'] } = options;
  const {
    epochs,
    batchSize,
    learningRate = 'default',
    patience,
    seed,
  } = resolveFitOptions(head, {
    patience: DEFAULT_PATIENCE,
    ...options,
  });
  return {
    solver,
    ...{ epochs, batchSize, learningRate, patience: String(patience), seed },
    classWeights: typeof classWeights === 'string' ? classWeights : JSON.stringify(classWeights),
    classes: JSON.stringify(set.classes),
    head: await configOf(facts),
    backbone: await backbone.sha256(),
    ...{ preprocessing: backbone.preprocessing, engine, views: views.join() },
    'training pictures': await contents(set.train),
    'validation pictures': await contents(set.validation),
  };
}

/** @throws ArgumentError if there is no checkpoint */
export async function requireCheckpoint(path: string): Promise<void> {
  if ((await factsOf(path)) !== undefined) return;
  throw new ArgumentError(
    `resume: expected the checkpoint of an interrupted run, ${path}, got no such file; omit this option to start a new run`,
  );
}

/**
 * Opens a training run whose classifier is written to `out`. An existing checkpoint must belong to this run, as it will be
 * overwritten.
 *
 * @throws ArgumentError if `out` contains anything but a classifier of this package, can't be written or is in the pictures'
 *   folder; if the checkpoint belongs to another run or is damaged; or if it is missing and `resume` is set
 */
export async function openRun(out: string | URL, facts: RunFacts): Promise<TrainingRun> {
  const { resume, set, solver } = facts;
  if (resume && solver === 'lbfgs') {
    reject(
      'resume',
      'none with L-BFGS, which keeps no checkpoints',
      resume,
      'start the run again; features in a cache are not computed again',
    );
  }
  const folder = await requireOut(out, [set.train.place, set.validation?.place]);
  const path = folder + CHECKPOINT;
  const checkpoint = checkpointFile(path, await settingsOf(facts));
  if (resume) await requireCheckpoint(path);
  await checkpoint.load();
  return {
    checkpoint,
    async begin() {
      if (!resume) await removeFile(path);
      await mkdir(dirname(path), { recursive: true });
    },
    async end(files, isComplete) {
      await writeClassifier(folder, files);
      if (isComplete) await removeFile(path);
    },
  };
}
