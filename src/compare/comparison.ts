import type { MemoryEstimate } from '../analyze/memory.js';
import type { Totals } from '../analyze/stats.js';
import type { Shape } from '../layers/factory.js';
import type { Spread } from './spread.js';

/** What was measured of a head, on the current backend. */
export interface HeadTimes {
  readonly backend: string;
  readonly runs: number;
  /** Of the base with the head, on one batch. */
  readonly predictMs: Spread;
  /** Of one step of the head alone, on features of one batch. */
  readonly trainStepMs: Spread;
}

/** What a head came to on pictures; accuracies are shares of them, 0 to 1. */
export interface HeadFit {
  readonly accuracy: number;
  readonly validationAccuracy: number;
  /** Accuracy in training less that in validation: the generalisation gap. */
  readonly gap: number;
  readonly epochs: number;
  /** Milliseconds that training the head took. */
  readonly trainMs: number;
}

/** What one head on the base costs. */
export interface ComparedHead {
  /** The head's own name; the second and later ones of a name have their number behind it, as in `pooled (2)`. */
  readonly name: string;
  readonly outputShape: Shape;
  readonly head: Totals;
  /** With the base. */
  readonly totals: Totals;
  /** The head's share of all parameters, 0 to 1. */
  readonly headShare: number;
  /** To predict, and to train the head on the frozen base. */
  readonly memory: MemoryEstimate;
  /** To train the head alone, on features computed before. */
  readonly cached: MemoryEstimate['training'];
  readonly times?: HeadTimes;
  /** Where pictures were given: what the head came to on them. */
  readonly fit?: HeadFit;
}

export interface HeadComparison {
  readonly kind: 'comparison';
  readonly base: {
    readonly name: string;
    readonly inputShape: Shape;
    readonly featureShape: Shape;
    readonly totals: Totals;
    /** The base's layers whose MACs are unknown. MACs in `totals` leave these layers out. */
    readonly uncounted: readonly string[];
  };
  readonly heads: readonly ComparedHead[];
  /** The main differences, in plain sentences that follow from the figures. */
  readonly findings: readonly string[];
}
