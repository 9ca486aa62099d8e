import * as tf from '@tensorflow/tfjs';
import { capacityOf } from './capacity.js';
import type { ComparedHead, HeadRecommendation } from './comparison.js';
import type { FoldMean } from './over-folds.js';
import { bytes, figures, percent } from '../numbers.js';

/** Ratio below which memory or times count as equal. */
const ALIKE = 1.1;
/** Number of layers that a sentence names. */
const NAMED_LAYERS = 3;

const list = (parts: readonly string[]): string =>
  parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1) ?? ''}`;

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** Heads in ascending order of a measure. */
const sortedBy = (
  heads: readonly ComparedHead[],
  measure: (head: ComparedHead) => number,
): readonly ComparedHead[] => [...heads].sort((a, b) => measure(a) - measure(b));

function ofParameters(heads: readonly ComparedHead[]): string {
  const [first, ...others] = heads;
  if (first !== undefined && others.length === 0) {
    return `The ${first.name} head holds ${percent(first.headShare)} of all parameters.`;
  }
  const shares = heads.map(({ name, headShare }) => `${percent(headShare)} (${name})`);
  return `The heads hold ${list(shares)} of all parameters.`;
}

function ofMacs(heads: readonly ComparedHead[], uncounted: readonly string[]): string | undefined {
  if (uncounted.length > 0) {
    const named = uncounted.slice(0, NAMED_LAYERS).map((name) => `"${name}"`);
    const more = uncounted.length > NAMED_LAYERS ? ', …' : '';
    return (
      `The base's MACs are unknown, because ${plural(uncounted.length, 'layer')} can't be counted ` +
      `(${named.join(', ')}${more}). The heads' shares of the MACs are therefore unknown too.`
    );
  }
  const heaviest = sortedBy(heads, ({ head }) => head.macs).at(-1);
  if (heaviest === undefined || heaviest.totals.macs === 0) return undefined;
  const part = heaviest.head.macs / heaviest.totals.macs;
  const who = `The ${heaviest.name} head`;
  if (part > 0.5) return `${who} takes ${percent(part)} of all MACs, more than the base.`;
  if (heads.length === 1)
    return `${who} takes ${percent(part)} of all MACs; the base takes the rest.`;
  // "more than <0.1%"
  const most = percent(part).startsWith('<') ? 'as much as' : 'more than';
  return `No head takes ${most} ${percent(part).replace('<', '')} of all MACs; the base takes the rest.`;
}

const PARTS = {
  weights: 'weights',
  gradients: 'gradients of the weights',
  optimizerSlots: 'optimizer state',
  temporaries: 'temporary values of the optimizer',
  activations: 'activations',
  activationGradients: 'gradients of the activations',
} as const;

/** The largest part of a training step's memory. */
function dominant({ memory }: ComparedHead): { readonly what: string; readonly share: number } {
  const keys = Object.keys(PARTS) as (keyof typeof PARTS)[];
  const key = keys.reduce((a, b) => (memory.training[b] > memory.training[a] ? b : a));
  return { what: PARTS[key], share: memory.training[key] / memory.training.total };
}

function ofMemory(heads: readonly ComparedHead[]): string | undefined {
  const sorted = sortedBy(heads, ({ memory }) => memory.training.total);
  const [least, most] = [sorted[0], sorted.at(-1)];
  if (least === undefined || most === undefined || heads.length < 2) return undefined;
  const [small, large] = [least.memory.training.total, most.memory.training.total];
  if (large < ALIKE * small) {
    return `A training step needs about the same memory with every head: up to ${bytes(large)}.`;
  }
  const { what, share: part } = dominant(most);
  return (
    `A training step needs the most memory with the ${most.name} head: ${bytes(large)}, ${figures(large / small)} times ` +
    `as much as with the ${least.name} head. The largest part, ${percent(part)}, is for ${what}.`
  );
}

function ofTimes(heads: readonly ComparedHead[]): string | undefined {
  const timed = heads
    .flatMap(({ name, times }) => (times?.predictMs ? [{ name, ...times.predictMs }] : []))
    .sort((a, b) => a.median - b.median);
  const [fast, slow] = [timed[0], timed.at(-1)];
  if (fast === undefined || slow === undefined || timed.length < 2) return undefined;
  if (slow.min <= fast.max) {
    return 'No head was clearly faster in prediction: the ranges of the times overlap.';
  }
  if (slow.median < ALIKE * fast.median) {
    return 'Prediction took about the same time with every head.';
  }
  return `Prediction with the ${slow.name} head took ${figures(slow.median / fast.median)} times as long as with the ${fast.name} head.`;
}

/** What wasn't measured, and why. */
const unmeasured = (heads: readonly ComparedHead[]): string[] =>
  heads.flatMap(({ name, times, memory, cached, fit }) => {
    const sentence = (what: string, needed: number, backend = tf.getBackend()) =>
      `${what} of the ${name} head wasn't measured: it needs an estimated ${bytes(needed)}, but the ` +
      `backend ${backend} has memory for about ${bytes(capacityOf(backend))}.`;
    const untried =
      fit === null
        ? [`${sentence('The accuracy', cached.total)} Fewer hidden units need less.`]
        : [];
    if (times === undefined) return untried;
    const { backend, predictMs, trainStepMs } = times;
    return [
      ...untried,
      ...(predictMs === null ? [sentence('Prediction', memory.inference.total, backend)] : []),
      ...(trainStepMs === null ? [sentence('The training step', cached.total, backend)] : []),
    ];
  });

const range = ({ mean, low, high }: FoldMean): string =>
  `${percent(mean)}, ${percent(low)} to ${percent(high)}`;

/** Accuracy in cross-validation, and on moved copies. */
function ofTrials(heads: readonly ComparedHead[]): string[] {
  const tried = heads.flatMap(({ name, fit }) => (fit == null ? [] : [{ name, ...fit }]));
  if (tried.length === 0) return [];
  const scores = tried.map(
    ({ name, validationAccuracy }) => `${range(validationAccuracy)} (${name})`,
  );
  const moved = tried.flatMap(({ name, shiftedAccuracy }) =>
    shiftedAccuracy ? [`${range(shiftedAccuracy)} (${name})`] : [],
  );
  return [
    `Accuracy on pictures that were held out, with 95% intervals: ${scores.join('; ')}.`,
    ...(moved.length === 0
      ? []
      : [`With the pictures moved to the right by 1/8 of their width: ${moved.join('; ')}.`]),
  ];
}

/**
 * Describes the main differences between heads in sentences.
 *
 * @param uncounted names of the base's layers whose MACs are unknown
 */
export const findingsOf = (
  heads: readonly ComparedHead[],
  uncounted: readonly string[] = [],
  advice?: HeadRecommendation,
): string[] =>
  [
    ofParameters(heads),
    ofMacs(heads, uncounted),
    ofMemory(heads),
    ofTimes(heads),
    ...unmeasured(heads),
    ...ofTrials(heads),
    advice && `Recommended: the ${advice.head} head. ${advice.reason}`,
  ].filter((sentence) => sentence !== undefined);
