import { estimateMemory, planResnet } from 'resnet-heads';
import { byInterval, type Finding } from './claims.js';
import { CONTRACT, integer, megabytes } from './costs.js';
import type { EndToEndRun } from './end-to-end.js';
import { HIDDEN_UNITS, type StudyHead, studyHeads } from './heads.js';
import { type SizeRun, TRAINED_AT } from './sizes.js';
import { percent } from './tables.js';
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

/** Of each seed: what a pooled head gains or loses on pictures of another size. */
export const sizeFindings = (runs: readonly SizeRun[], side: number): Finding[] =>
  byTask(
    runs.filter(({ head }) => head === 'pooled'),
    (own) => own.map(({ accuracy }) => (accuracy[side] ?? NaN) - (accuracy[TRAINED_AT] ?? NaN)),
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

/** What is counted on a ResNet-50, in words. */
export function countedFigures() {
  const { numClasses, batchSize } = CONTRACT;
  const recipes = studyHeads(numClasses, HIDDEN_UNITS);
  const of = (head: StudyHead) => {
    const plan = planResnet({ head: recipes[head] });
    return {
      head: integer.format(plan.head.params),
      whole: integer.format(plan.totals.params),
      share: `${percent(plan.head.macs / plan.totals.macs)} %`,
      predict: megabytes(estimateMemory(plan).inference.total),
      all: megabytes(estimateMemory(plan, { batchSize }).training.minimum),
      cached: megabytes(estimateMemory(plan, { batchSize, train: 'cached' }).training.minimum),
    };
  };
  const [pooled, flattened] = [of('pooled'), of('flattened')];
  const against = (name: keyof typeof pooled) => `${pooled[name]} instead of ${flattened[name]}`;
  return {
    parameters: `${against('head')} in the head; ${against('whole')} with the backbone`,
    macs: `the head has ${pooled.share} of all MACs instead of ${flattened.share}`,
    memory: `${against('predict')} to predict, ${against('cached')} to train on features, ${against('all')} to train everything`,
  };
}

/** How many times as long the flattened head takes as the pooled one, with each backend: logarithms of each round's ratio. */
export const timeFindings = (
  measured: readonly BackendTimes[],
  of: 'predictMs' | 'trainStepMs',
): Finding[] =>
  measured.flatMap(({ backend, heads }) => {
    const [pooled, flattened] = (['pooled', 'flattened'] as const).map(
      (name) => heads.find(({ head }) => head === name)?.[of] ?? [],
    );
    const ratios = (flattened ?? []).map((took, i) => Math.log(took / (pooled?.[i] ?? NaN)));
    return ratios.length === 0 ? [] : [byInterval(backend, ratios)];
  });
