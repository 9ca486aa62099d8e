import type { MemoryEstimate } from '../analyze/memory.js';
import type { Totals } from '../analyze/stats.js';
import type { EngineName } from '../engine/names.js';
import type { Shape } from '../layers/factory.js';
import type { FoldMean } from './over-folds.js';
import type { Spread } from './spread.js';

/** Times of a head. */
export interface HeadTimes {
  /** TensorFlow.js's backend, which runs the head. */
  readonly backend: string;
  /** The library that runs the base to predict. */
  readonly engine: EngineName;
  /** Number of measurements. */
  readonly runs: number;
  /** Prediction of one batch by the base and the head; null if the backend hasn't enough memory, as `findings` then says. */
  readonly predictMs: Spread | null;
  /** A training step of the head alone, on one batch of features; null as `predictMs`. */
  readonly trainStepMs: Spread | null;
}

/** The result of training a head on all folds but one. */
export interface FoldFit {
  /** How many pictures were held out. */
  readonly pictures: number;
  /** On the training pictures, 0 to 1. */
  readonly accuracy: number;
  /** On the pictures that were held out, 0 to 1. */
  readonly validationAccuracy: number;
  /** On copies of them that are moved to the right by 1/8 of the width; only with `shift`. */
  readonly shiftedAccuracy?: number;
  /** Expected calibration error on the pictures that were held out, before any temperature; see {@link Calibration}. */
  readonly calibrationError: number;
  /** How many epochs it was trained for by Adam. */
  readonly epochs?: number;
  /** Strength of the L2 penalty, if it was fitted by L-BFGS. */
  readonly l2?: number;
  /** Time to train the head, in milliseconds. */
  readonly trainMs: number;
}

/** The result of a head's cross-validation on pictures: means over the folds, with 95 % intervals. */
export interface HeadFit {
  /** On the training pictures. */
  readonly accuracy: FoldMean;
  /** On the pictures that were held out. */
  readonly validationAccuracy: FoldMean;
  /** Generalisation gap: training accuracy minus validation accuracy. */
  readonly gap: FoldMean;
  readonly calibrationError: FoldMean;
  /** Only with `shift`. */
  readonly shiftedAccuracy?: FoldMean;
  /** Time to train the head on all folds but one, in milliseconds. */
  readonly trainMs: Spread;
  readonly folds: readonly FoldFit[];
}

/** Which head to take, and why. */
export interface HeadRecommendation {
  readonly head: string;
  readonly reason: string;
}

/** The costs of one head on the base. */
export interface ComparedHead {
  /** The head's name; a repeated name is numbered, as in `pooled (2)`. */
  readonly name: string;
  readonly outputShape: Shape;
  /** The head alone. */
  readonly head: Totals;
  /** The base and the head. */
  readonly totals: Totals;
  /** The head's share of all parameters, 0 to 1. */
  readonly headShare: number;
  /** Memory to predict, and to train the head on the frozen base. */
  readonly memory: MemoryEstimate;
  /** Memory to train the head alone, on cached features. */
  readonly cached: MemoryEstimate['training'];
  /** Only with `measure`. */
  readonly times?: HeadTimes;
  /** Only with `pictures`; null if the backend hasn't enough memory to train it, as `findings` then says. */
  readonly fit?: HeadFit | null;
}

/** The result of `compareHeads`. */
export interface HeadComparison {
  readonly kind: 'comparison';
  readonly base: {
    readonly name: string;
    readonly inputShape: Shape;
    readonly featureShape: Shape;
    readonly totals: Totals;
    /** Names of the base's layers whose MACs are unknown; `totals` leave these MACs out. */
    readonly uncounted: readonly string[];
  };
  readonly heads: readonly ComparedHead[];
  /** The pictures that heads were trained on; only with `pictures`. */
  readonly trial?: {
    /** Number of pictures. */
    readonly pictures: number;
    /** How many of them the backbone processed; the features of the others came from the cache. */
    readonly computed: number;
    readonly classes: readonly string[];
    readonly folds: number;
    /** How many pictures were held out once; the only picture of a class never is. */
    readonly measured: number;
    /** Share of the largest class among them: the accuracy of always naming it. */
    readonly majority: number;
    /** Paths of pictures that are in two or more classes, one list per picture; they are left out. */
    readonly ambiguous: readonly (readonly string[])[];
  };
  /** Of the heads that are not clearly less accurate than the most accurate one, that with the fewest parameters. */
  readonly recommendation?: HeadRecommendation;
  /** The main differences, in plain sentences. */
  readonly findings: readonly string[];
}
