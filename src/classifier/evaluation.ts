import type { Calibration } from '../explain/calibration.js';
import type { Confusion } from '../explain/confusion.js';
import type { MultiLabelScores } from '../explain/multi-label.js';
import type { ViewName } from '../pictures/views.js';
import type { Progress } from '../progress.js';

export interface EvaluateOptions {
  /**
   * Whether to include pictures that the classifier was trained on, recognised by their content. By default they are left out,
   * unless there are no others.
   * @default false
   */
  readonly all?: boolean;
  /** As for {@link Classifier.classify}: probabilities are means over each picture and these views of it. @default none */
  readonly views?: readonly ViewName[];
  /** @default 16 */
  readonly batchSize?: number;
  /** Whether to throw on a picture that can't be decoded, rather than skip it. @default false */
  readonly strict?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** Called for each picture that is skipped because it can't be decoded. */
  readonly onWarning?: (warning: Error) => void;
}

/** The pictures that a classifier was evaluated on. */
export interface EvaluatedPictures {
  /** Paths of the pictures, in the same order, if they are files. */
  readonly paths?: readonly string[];
  /** How many of them the classifier was trained on; undefined if unknown. */
  readonly trainedOn: number | undefined;
  /** How many of them were held out in training, and so may have helped to choose its settings; undefined if unknown. */
  readonly heldOut: number | undefined;
  /** How many pictures were left out because the classifier was trained on them, or because they were excluded from training. */
  readonly leftOut: number;
  /** How many of those that were left out were excluded from training. */
  readonly excluded: number;
  /** Paths of pictures that are in two or more classes, one list per picture; they are left out, too. */
  readonly ambiguous: readonly (readonly string[])[];
}

/** The results of a classifier with one class per picture: accuracy, precision and recall per class, calibration, and each prediction. */
export interface ConfusionEvaluation extends Confusion, EvaluatedPictures {
  /** The true class of each picture, as an index into the classifier's classes. */
  readonly truth: readonly number[];
  /** The predicted class of each picture, likewise. */
  readonly predicted: readonly number[];
  /** The probability of the predicted class of each picture, likewise. */
  readonly confidences: readonly number[];
  /** How well these probabilities agree with how often predictions are right; `renderChart` draws it as a reliability diagram. */
  readonly calibration: Calibration;
}

/** The results of a classifier whose pictures can have several labels. */
export interface MultiLabelEvaluation extends MultiLabelScores, EvaluatedPictures {
  /** The labels of each picture, as indices into the classifier's classes. */
  readonly truth: readonly (readonly number[])[];
  /** The predicted labels of each picture, likewise. */
  readonly predicted: readonly (readonly number[])[];
}

/** A classifier's results on pictures; `kind` is `'confusion'`, or `'multi-label'` if pictures can have several labels. */
export type Evaluation = ConfusionEvaluation | MultiLabelEvaluation;
