import type { Totals } from '../analyze/stats.js';
import type { Calibration } from '../explain/calibration.js';
import type { ClassChange } from '../explain/class-changes.js';
import type { Confusion } from '../explain/confusion.js';
import type { MultiLabelScores } from '../explain/multi-label.js';
import type { NearPair } from '../pictures/near-duplicates.js';
import type { Duplicates } from '../pictures/types.js';
import type { Outcome } from '../train/fit-head.js';

/** Which pictures were measured; see `EvaluatedPictures`. */
export interface Measured {
  readonly trainedOn: number | undefined;
  readonly heldOut: number | undefined;
  readonly leftOut: number;
  readonly excluded: number;
}

/** The results with one label per picture. */
export type SingleResults = Confusion & Measured & { readonly calibration: Calibration };
/** The results with any number of labels per picture. */
export type MultiResults = MultiLabelScores & Measured;
export type Results = SingleResults | MultiResults;

/** How a head was trained. */
export type TrainingRun = Outcome & {
  /** What the logits were divided by after training. */
  readonly temperature: number;
  readonly pictures: { readonly train: number; readonly validation: number };
  readonly duplicates: Duplicates;
  /** What became of the classes of an earlier classifier, if it was trained from one. */
  readonly changes?: readonly ClassChange[];
};

/** A picture that the report shows. */
export interface ShownPicture {
  /** Its path, or its place in the list. */
  readonly name: string;
  readonly label: string;
  readonly predicted: string;
  /** Probability of the predicted class. */
  readonly probability: number;
  /** The picture as a `data:` URL; undefined where none can be drawn. */
  readonly picture?: string | undefined;
  /** The same with the activation map of the predicted class. */
  readonly map?: string | undefined;
}

/** How many pictures a class has. */
export interface ClassCount {
  readonly name: string;
  readonly training: number;
  readonly heldOut: number;
  /** Pictures that the classifier was neither trained nor validated on. */
  readonly others: number;
}

/** What a report says. */
export interface ReportData {
  readonly title: string;
  /** When it was made. */
  readonly date: Date;
  readonly evaluation: Results;
  /** Undefined if the pictures aren't files or the classifier doesn't know which it was trained on. */
  readonly counts: readonly ClassCount[] | undefined;
  /** Undefined if it was not trained in this run. */
  readonly training: TrainingRun | undefined;
  /** Labels that are probably wrong; undefined if they were not looked for. */
  readonly suspicious: readonly ShownPicture[] | undefined;
  /** How many there are; some may not be shown. */
  readonly suspiciousCount: number | undefined;
  /** Wrong predictions, the most probable ones first. */
  readonly mostWrong: readonly ShownPicture[];
  /** Predictions with the lowest probabilities, the lowest first. */
  readonly leastSure: readonly ShownPicture[];
  /** Undefined if they were not looked for. */
  readonly nearDuplicates: readonly NearPair[] | undefined;
  readonly costs: Totals | undefined;
  /** The command that trained it. */
  readonly command: string | undefined;
  /** The folder that all paths are in. */
  readonly folder: string | undefined;
  /** Settings and versions by name. */
  readonly facts: Readonly<Record<string, string>>;
}

export const isSingle = (results: Results): results is SingleResults =>
  results.kind === 'confusion';
