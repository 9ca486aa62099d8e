import { comparisonsOf, differs, type Measure, type Place, runsOf } from './comparisons.js';
import type { StudyHead } from './heads.js';
import { NOISE_SIZE, type Size } from './protocol.js';
import type { Run } from './results.js';
import { type Estimate, overSeeds } from './statistics.js';
import { percent, signed, type TaskResults } from './tables.js';

export type Verdict = 'supported' | 'not supported' | 'mixed' | 'not tested';

/** What a task has to say about a claim. */
export interface Finding {
  /** The task's name. */
  readonly name: string;
  readonly effect: Estimate;
  /** Whether the effect is beyond chance. */
  readonly isSure: boolean;
}

/** A sentence about pooling, and where its figures come from. A positive effect is what the sentence says. */
export interface Claim {
  readonly sentence: string;
  /** What the figures are: the measure, the heads, and the pictures per class. */
  readonly row: string;
  /** How an effect is written; in points unless given. */
  readonly written?: (effect: Estimate) => string;
  readonly findings: (tasks: readonly TaskResults[]) => readonly Finding[];
}

/** Supported if most tasks have the effect and none the opposite one; not supported if none has it; PROTOCOL.md. */
export function verdictOf(findings: readonly Finding[]): Verdict {
  if (findings.length === 0) return 'not tested';
  const { inFavour, against } = counted(findings);
  if (inFavour === 0) return 'not supported';
  return against === 0 && 2 * inFavour > findings.length ? 'supported' : 'mixed';
}

/** How many tasks show what a claim says, and how many the opposite. */
function counted(findings: readonly Finding[]) {
  const sure = findings.filter(({ isSure }) => isSure);
  const inFavour = sure.filter(({ effect }) => effect.mean > 0).length;
  return { inFavour, against: sure.length - inFavour };
}

/** How many tasks show what a claim says, how many the opposite, and of how many: "2/1/6". */
export function countsOf(findings: readonly Finding[]): string {
  const { inFavour, against } = counted(findings);
  return findings.length === 0 ? '' : [inFavour, against, findings.length].join('/');
}

type Pair = readonly [StudyHead, StudyHead];
const POOLED: Pair = ['pooled', 'flattened'];
/** The first is the one that a claim says loses more. */
const LOSS: Pair = ['flattened', 'pooled'];

/** Marks what is judged by its interval over draws alone. */
export const DRAWS_ONLY = ' †';

const placeText = ({ size, condition }: Place): string =>
  `${size === 'all' ? 'all' : `${size} per class`}${condition === 'noise' ? ', wrong labels' : ''}`;

const MINUS = ' − ';
const OVER = ' ÷ ';

/** The pair that is compared, unless it is the usual one. */
const pairText = (pair: Pair, operator: string): string =>
  operator === MINUS && (pair === POOLED || pair === LOSS) ? '' : `, ${pair.join(operator)}`;

/** A claim that is tested over pictures and over draws, on a pair that is compared, in either order. */
function tested(sentence: string, measure: Measure, size: Size, pair = POOLED): Claim {
  const place: Place = { size, condition: 'plain' };
  return {
    sentence,
    row: `${measure}${pairText(pair, MINUS)}, ${placeText(place)}`,
    findings: (tasks) =>
      tasks.flatMap((task) =>
        comparisonsOf(task, measure, pair)
          .filter((each) => each.size === size)
          .map((each) => ({ name: task.name, effect: each.effect, isSure: differs(each) })),
      ),
  };
}

/** Whether the interval of an effect leaves out zero. */
const excludesZero = ({ low, high }: Estimate): boolean => low > 0 || high < 0;

/** An effect that is judged by its interval alone. */
export const judged = (name: string, effect: Estimate): Finding => ({
  ...{ name, effect, isSure: excludesZero(effect) },
});

/** An effect that is judged by its interval over draws alone. */
export const byInterval = (name: string, values: readonly number[]): Finding =>
  judged(name, overSeeds(values));

interface Explored {
  readonly sentence: string;
  readonly measure: string;
  readonly place: Place;
  readonly pair?: Pair;
  /** The measure of a run, given the runs of all; undefined if the task doesn't have it. */
  readonly of: (run: Run, all: readonly Run[]) => number | undefined;
  readonly written?: (effect: Estimate) => string;
}

/** A claim that is judged by intervals over draws alone, as the protocol tests only accuracy and shifts. */
function explored({ measure, place, of, pair = LOSS, ...rest }: Explored): Claim {
  const operator = rest.written ? OVER : MINUS;
  return {
    ...rest,
    row: `${measure}${pairText(pair, operator)}, ${placeText(place)}${DRAWS_ONLY}`,
    findings: (tasks) =>
      tasks.flatMap(({ name, runs }) => {
        const [first, second] = pair.map((head) =>
          runsOf(runs, head, place).map((run) => of(run, runs)),
        );
        const values = (first ?? []).map((each, i) => (each ?? NaN) - (second?.[i] ?? NaN));
        return values.length === 0 || values.some(Number.isNaN) ? [] : [byInterval(name, values)];
      }),
  };
}

const ALL: Place = { size: 'all', condition: 'plain' };
const TWENTY: Place = { size: NOISE_SIZE, condition: 'plain' };

/** Accuracy lost by a change of the test pictures. */
const lostBy =
  (variant: string) =>
  ({ accuracy, changed }: Run): number | undefined =>
    changed[variant] === undefined ? undefined : accuracy - changed[variant];

/** Accuracy lost by wrong labels in training. */
function lostByNoise(run: Run, all: readonly Run[]): number | undefined {
  const place: Place = { size: run.size, condition: 'noise' };
  const noisy = runsOf(all, run.head, place).find(({ seed }) => seed === run.seed);
  return noisy && run.accuracy - noisy.accuracy;
}

/** Differs in nothing but pooling. */
const CLEAN: Pair = ['pooled MLP', 'flattened'];
const CLEAN_LOSS: Pair = ['flattened', 'pooled MLP'];

/** Ratios from here up are written as whole numbers. */
const WHOLE_FROM = 10;

/** As a ratio of the first head's to the second's: effects are of logarithms. */
export const asRatio = ({ mean, low, high }: Estimate): string => {
  const [middle, from, to] = [mean, low, high].map((each) => {
    const ratio = Math.exp(each);
    return ratio.toFixed(ratio < WHOLE_FROM ? 2 : 0);
  });
  return `${middle} [${from}, ${to}]`;
};

/**
 * Everything about accuracy on frozen backbones. The pooled head is compared with the flattened head unless another is named; the pooled
 * MLP differs from the flattened head in nothing but pooling.
 */
export const CLAIMS: readonly Claim[] = [
  tested('The pooled head is more accurate with few pictures.', 'accuracy', 5),
  tested(
    'The pooled MLP is more accurate than the flattened head with few pictures.',
    ...(['accuracy', 5, CLEAN] as const),
  ),
  tested('The pooled head is more accurate with many pictures, too.', 'accuracy', 'all'),
  tested(
    'The pooled head is more accurate than a flattened one with dropout.',
    ...(['accuracy', NOISE_SIZE, ['pooled', 'flattened, dropout']] as const),
  ),
  tested(
    'The dense map is more accurate than the pooled head.',
    ...(['accuracy', 'all', ['dense map', 'pooled']] as const),
  ),
  explored({
    sentence: 'The pooled head overfits less.',
    measure: 'training − test accuracy',
    place: TWENTY,
    of: ({ trainAccuracy, accuracy }) => trainAccuracy - accuracy,
  }),
  tested('The pooled head loses less by shifts.', 'lost by the largest shift', 'all', LOSS),
  explored({
    sentence: 'The pooled head loses less if things are smaller.',
    ...{ measure: 'lost by shrinking to 3/4', place: ALL, of: lostBy('smaller') },
  }),
  explored({
    sentence: 'The pooled head loses less if things are larger.',
    ...{ measure: 'lost by enlarging by 4/3', place: ALL, of: lostBy('larger') },
  }),
  explored({
    sentence: 'The pooled head loses less by mirroring.',
    ...{ measure: 'lost by mirroring', place: ALL, of: lostBy('mirror') },
  }),
  explored({
    sentence: 'The pooled head loses less by wrong labels.',
    measure: 'lost by 20 % wrong labels',
    ...{ place: TWENTY, of: lostByNoise },
  }),
  explored({
    sentence: 'The pooled head is better calibrated.',
    measure: 'calibration error (only the flattened head has a temperature)',
    ...{ place: ALL, of: ({ calibration }) => calibration },
  }),
  explored({
    sentence: 'The pooled head trains faster.',
    measure: 'training time on a busy machine',
    ...{ place: ALL, of: ({ seconds }) => Math.log(seconds), written: asRatio },
  }),
  explored({
    sentence: 'The pooled MLP converges in fewer epochs than the flattened head.',
    measure: 'epochs, 30 at most',
    ...{ place: ALL, of: ({ epochs }) => Math.log(epochs), written: asRatio },
    pair: CLEAN_LOSS,
  }),
  {
    sentence: 'A pooled head can tell where something is.',
    row: `accuracy − 50 %, all${DRAWS_ONLY}`,
    findings: (tasks) =>
      tasks
        .filter(({ name }) => name === 'sides')
        .flatMap(({ name, runs }) => {
          const values = runsOf(runs, 'pooled', ALL).map(({ accuracy }) => accuracy - 1 / 2);
          return values.length === 0 ? [] : [byInterval(name, values)];
        }),
  },
];

const inPoints = ({ mean, low, high }: Estimate): string =>
  `${signed(percent(mean))} [${percent(low)}, ${percent(high)}]`;

/** A claim's figures: each task's effect with its interval, bold if it is beyond chance. */
export const figuresOf = (
  findings: readonly Finding[],
  written: (effect: Estimate) => string = inPoints,
): string =>
  findings
    .map(({ name, effect, isSure }) => {
      const text = `${name} ${written(effect)}`;
      return isSure ? `**${text}**` : text;
    })
    .join('; ');
