import type { Backbone } from '../backbone/backbone.js';
import type { Head } from '../head/head.js';
import type { Sheet } from '../explain/sheet.js';
import { nodeOnly } from '../node-only.js';
import type { PictureSet } from '../pictures/set.js';
import type { Picture } from '../pictures/types.js';
import type { ViewKind } from '../pictures/views.js';
import type { Checkpoint } from '../train/checkpoint.js';
import type { FitHeadOptions } from '../train/fit-options.js';
import type { Solver } from '../train/training-options.js';
import type { ModelFiles } from '../train/saved/files.js';
import type { SavedClassifier } from './saved-files.js';
import type { TrainOptions } from './train-options.js';

/** Everything that determines the result of a training run. */
export interface RunFacts {
  readonly backbone: Backbone;
  readonly set: PictureSet;
  readonly head: Head;
  readonly options: FitHeadOptions &
    Pick<TrainOptions, 'engine'> & { readonly views?: readonly ViewKind[] };
  readonly solver: Solver;
  /** Whether to resume an interrupted run. */
  readonly resume: boolean;
}

/** The files of a classifier's folder by name. */
export type ClassifierFiles = Readonly<Record<string, Uint8Array>>;

/** A training run whose classifier is written to a folder. */
export interface TrainingRun {
  readonly checkpoint: Checkpoint;
  /** Called when training begins. */
  begin(): Promise<void>;
  /** Writes the classifier, and removes the checkpoint unless the run can be resumed. */
  end(files: () => Promise<ClassifierFiles>, isComplete: boolean): Promise<void>;
}

/** Reads and writes classifiers, checkpoints and overlays on disk. */
export const classifierFolders = nodeOnly<{
  /** Reads a classifier's folder, again if it is replaced meanwhile. */
  read(
    folder: string | URL,
    read: (files: ModelFiles) => Promise<SavedClassifier>,
  ): Promise<SavedClassifier>;
  /** Writes a classifier's folder completely or not at all. */
  write(folder: string | URL, files: () => Promise<ClassifierFiles>): Promise<void>;
  openRun(out: string | URL, facts: RunFacts): Promise<TrainingRun>;
  /** Checks that the overlay of a picture can be written to `path`, and returns the file to write. */
  requireImageFile(path: string | URL, picture: Picture): Promise<string>;
  writeImage(path: string, picture: Sheet): Promise<void>;
  /** Encodes a picture as JPEG in base64. */
  encodeJpeg(picture: Sheet): Promise<string>;
  /** Checks that a report can be written to `path`, and returns the file to write. */
  requireReport(path: string | URL): Promise<string>;
  writeReport(path: string, page: string): Promise<void>;
}>();
