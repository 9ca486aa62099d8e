import { estimateMemory, planResnet } from 'resnet-heads';
import { byInterval, type Finding, judged } from './claims.js';
import { CONTRACT, integer, megabytes } from './costs.js';
import type { EndToEndRun } from './end-to-end.js';
import { HIDDEN_UNITS, type StudyHead, studyHeads } from './heads.js';
import type { SizeRun } from './sizes.js';
import { medianWithin } from './statistics.js';
import type { BackendTimes } from './times.js';

/** The value of each seed, for the tasks that have one. */
function byTask<R extends { readonly task: string }>(
  runs: readonly R[],
  valuesOf: (own: readonly R[]) => readonly number[],
): Finding[] {
  const names = [...new Set(runs.map(({ task }) => task))];
  return names.flatMap((name) => {
    const values = valuesOf(runs.filter(({ task }) => task === name));
    return values.length === 0 ? [] : [byInterval(name, values)];
  });
}

/** Of each seed: how much more accurate the pooled head is with an input of one size than with another. */
export const sizeFindings = (runs: readonly SizeRun[], from: number, to: number): Finding[] =>
  byTask(
    runs.filter(({ head }) => head === 'pooled'),
    (own) => own.map(({ accuracy }) => (accuracy[to] ?? NaN) - (accuracy[from] ?? NaN)),
  );

/** Of each seed: how the pooled head does against the flattened one when the backbone is trained with them. */
export const endToEndFindings = (
  runs: readonly EndToEndRun[],
  of: (run: EndToEndRun) => number,
): Finding[] =>
  byTask(runs, (own) =>
    own
      .filter(({ head }) => head === 'pooled')
      .flatMap((run) => {
        const other = own.find(({ head, seed }) => head === 'flattened' && seed === run.seed);
        return other ? [of(run) - of(other)] : [];
      }),
  );

const twoDigits = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 2 });

/** What is counted on a ResNet-50, in words: of the pooled head, the pooled MLP and the flattened head. */
export function countedFigures() {
  const { numClasses, batchSize } = CONTRACT;
  const recipes = studyHeads(numClasses, HIDDEN_UNITS);
  const of = (head: StudyHead) => {
    const plan = planResnet({ head: recipes[head] });
    return {
      head: integer.format(plan.head.params),
      share: `${twoDigits.format((100 * plan.head.macs) / plan.totals.macs)} %`,
      predict: megabytes(estimateMemory(plan).inference.total),
      cached: megabytes(estimateMemory(plan, { batchSize, train: 'cached' }).training.minimum),
    };
  };
  const [pooled, hidden, flattened] = [of('pooled'), of('pooled MLP'), of('flattened')];
  const each = (name: keyof typeof pooled) =>
    [pooled, hidden, flattened].map((own) => own[name]).join(' : ');
  return {
    parameters: each('head'),
    macs: `${each('share')} of all MACs`,
    memory: `to predict ${each('predict')}; to train on features ${each('cached')}`,
  };
}

/** How many times as long the flattened head takes as the pooled one, with each backend: the logarithm of the median of the rounds' ratios. */
export const timeFindings = (
  measured: readonly BackendTimes[],
  of: 'predictMs' | 'trainStepMs',
): Finding[] =>
  measured.flatMap(({ backend, heads }) => {
    const [pooled, flattened] = (['pooled', 'flattened'] as const).map(
      (name) => heads.find(({ head }) => head === name)?.[of] ?? [],
    );
    const ratios = (flattened ?? []).map((took, i) => Math.log(took / (pooled?.[i] ?? NaN)));
    // A backend may have too little memory for one of them.
    if (ratios.length === 0 || ratios.some(Number.isNaN)) return [];
    return [judged(backend, medianWithin(ratios))];
  });
