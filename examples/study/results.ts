import type { StudyHead } from './heads.js';

/** What is done alike for all heads. */
export interface Protocol {
  /** Training pictures a class. */
  readonly sizes: readonly number[];
  /** Each draws other pictures, and other first weights. */
  readonly seeds: readonly number[];
  /** The most that are tried. */
  readonly epochs: number;
  /** Of a trial: epochs without a lower loss in validation after which it ends. */
  readonly patience: number;
  readonly batchSize: number;
  /** Adam's steps, of which the best in validation is taken. */
  readonly learningRates: readonly number[];
  readonly hiddenUnits: number;
}

/** What a learning rate came to on pictures that were neither trained on nor tested with, over draws. */
export interface Trial {
  readonly learningRate: number;
  /** After how many the loss was least: the median over draws. */
  readonly epochs: number;
  /** At that loss, on average over draws. */
  readonly accuracy: number;
  /** The least in validation, on average over draws. */
  readonly loss: number;
}

export interface Tuning {
  readonly head: StudyHead;
  readonly size: number;
  readonly trials: readonly Trial[];
  readonly chosen: Trial;
}

export interface ShiftScore {
  /** To the right where above zero, of a picture 224 wide. */
  readonly shift: number;
  readonly accuracy: number;
  /** A `1` for each test picture that was taken for what it is, a `0` for each other. */
  readonly right: string;
}

/** One head, trained once. */
export interface Run {
  readonly head: StudyHead;
  readonly size: number;
  readonly seed: number;
  readonly learningRate: number;
  readonly epochs: number;
  readonly trainAccuracy: number;
  readonly testAccuracy: number;
  readonly testLoss: number;
  readonly calibration: number;
  readonly shifts: readonly ShiftScore[];
}

/** Counted, not measured. */
export interface HeadCost {
  readonly head: StudyHead;
  readonly parameters: number;
  readonly macs: number;
  /** Bytes of a training step of the head alone, on cached features. */
  readonly trainingBytes: number;
}

/** Medians of turns taken side by side. */
export interface HeadTime {
  readonly head: StudyHead;
  readonly epochMs: number;
  readonly predictMs: number;
}

export interface StudyResults {
  readonly task: string;
  readonly title: string;
  readonly base: {
    readonly description: string;
    readonly parameters: number;
    readonly macs: number;
    readonly featureShape: readonly number[];
  };
  readonly made: { readonly date: string; readonly backend: string; readonly seconds: number };
  readonly pictures: {
    readonly classes: readonly string[];
    readonly pool: number;
    readonly test: number;
  };
  readonly protocol: Protocol;
  readonly costs: readonly HeadCost[];
  readonly times: readonly HeadTime[];
  readonly tuning: readonly Tuning[];
  readonly runs: readonly Run[];
}
