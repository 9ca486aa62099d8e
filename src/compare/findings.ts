import type { ComparedHead } from './compare-heads.js';
import { bytes, figures, share } from '../analyze/format/numbers.js';

const list = (parts: readonly string[]): string =>
  parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1) ?? ''}`;

/** The head of the most and of the least of something; nothing where there is one head, or they are alike. */
function extremes(heads: readonly ComparedHead[], measure: (head: ComparedHead) => number) {
  const sorted = [...heads].sort((a, b) => measure(a) - measure(b));
  const [least, most] = [sorted[0], sorted.at(-1)];
  if (least === undefined || most === undefined || measure(least) === measure(most)) {
    return undefined;
  }
  return { least, most, ratio: measure(most) / measure(least) };
}

const PARTS = {
  weights: 'the weights',
  gradients: 'their gradients',
  optimizerSlots: "the optimizer's slots",
  temporaries: 'what the optimizer computes on the way',
  activations: 'the activations',
  activationGradients: 'the gradients of activations',
} as const;

/** The largest part of what a training step holds. */
function dominant({ memory }: ComparedHead): { readonly what: string; readonly share: number } {
  const keys = Object.keys(PARTS) as (keyof typeof PARTS)[];
  const key = keys.reduce((a, b) => (memory.training[b] > memory.training[a] ? b : a));
  return { what: PARTS[key], share: memory.training[key] / memory.training.total };
}

/** Each sentence follows from the figures, and is left out where there is nothing to say. */
export function findingsOf(heads: readonly ComparedHead[]): string[] {
  const findings: string[] = [];
  const shares = heads.map(({ name, headShare }) => `${share(headShare)} (${name})`);
  findings.push(`The head holds ${list(shares)} of all parameters.`);

  const heaviest = [...heads].sort((a, b) => b.head.macs - a.head.macs)[0];
  if (heaviest !== undefined && heaviest.totals.macs > 0) {
    const part = heaviest.head.macs / heaviest.totals.macs;
    findings.push(
      part < 0.5
        ? `No head does more than ${share(part)} of the multiply–accumulates; the base does the rest.`
        : `The ${heaviest.name} head does ${share(part)} of the multiply–accumulates, more than the base.`,
    );
  }

  const training = extremes(heads, ({ memory }) => memory.training.total);
  if (training !== undefined) {
    const { most, least, ratio } = training;
    const { what, share: part } = dominant(most);
    findings.push(
      `A training step of the ${most.name} head holds ${bytes(most.memory.training.total)}, ${figures(ratio)} times ` +
        `as much as one of the ${least.name} head; ${share(part)} of it is ${what}.`,
    );
  }

  const [first, ...others] = heads.flatMap(({ name, times }) =>
    times === undefined ? [] : [{ name, ...times.predictMs }],
  );
  if (first !== undefined && others.length > 0) {
    const timed = [first, ...others].sort((a, b) => a.median - b.median);
    const [fast = first, slow = first] = [timed[0], timed.at(-1)];
    findings.push(
      slow.min > fast.max
        ? `Predicting with the ${slow.name} head took ${figures(slow.median / fast.median)} times as long as with the ${fast.name} head.`
        : 'In the time to predict the heads can’t be told apart: their spreads overlap.',
    );
  }
  const tried = heads.flatMap(({ name, fit }) => (fit === undefined ? [] : [{ name, ...fit }]));
  if (tried.length > 1) {
    const scores = tried.map(
      ({ name, validationAccuracy, gap }) =>
        `${share(validationAccuracy)} (${name}; in training ${share(validationAccuracy + gap)})`,
    );
    findings.push(`On unseen pictures the heads were right on ${list(scores)}.`);
  }
  return findings;
}
