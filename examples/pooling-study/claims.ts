import { compareHeads, differs, type Measure, type Place, runsOf } from './comparisons.js';
import type { StudyHead } from './heads.js';
import { NOISE_SIZE, type Size } from './protocol.js';
import type { Run } from './results.js';
import { type Effect, overSeeds } from './statistics.js';
import { percent, signed, type TaskResults } from './tables.js';

export type Verdict = 'supported' | 'not supported' | 'mixed' | 'not tested';

/** What a task has to say about a claim. */
export interface Finding {
  /** The task's name. */
  readonly name: string;
  readonly effect: Effect;
  /** Whether the effect is beyond chance. */
  readonly isSure: boolean;
}

/** A sentence about pooling, and where its figures come from. */
export interface Claim {
  readonly sentence: string;
  /** What the figures are: the measure, the heads, and the pictures per class. */
  readonly row: string;
  /** 1 if a positive effect is what the sentence says. */
  readonly direction: 1 | -1;
  /** How an effect is written; in points unless given. */
  readonly written?: (effect: Effect) => string;
  readonly findings: (tasks: readonly TaskResults[]) => readonly Finding[];
}

/** Supported if most tasks have the effect and none the opposite one; not supported if none has it; PROTOCOL.md. */
export function verdictOf(findings: readonly Finding[], direction: 1 | -1): Verdict {
  if (findings.length === 0) return 'not tested';
  const sure = findings.filter(({ isSure }) => isSure);
  const inFavour = sure.filter(({ effect }) => effect.mean * direction > 0).length;
  if (inFavour === 0) return 'not supported';
  return inFavour === sure.length && 2 * inFavour > findings.length ? 'supported' : 'mixed';
}

type Pair = readonly [StudyHead, StudyHead];
const POOLED: Pair = ['pooled', 'flattened'];

/** Marks what is judged by its interval over draws alone. */
export const DRAWS_ONLY = ' †';

/** The pair that is compared, unless it is the usual one. */
const pairText = (pair: Pair, operator: string): string =>
  pair === POOLED ? '' : `, ${pair.join(operator)}`;

const placeText = ({ size, condition }: Place): string =>
  `${size === 'all' ? 'all' : `${size} per class`}${condition === 'noise' ? ', wrong labels' : ''}`;

/** A claim that is tested over pictures and over draws. */
function tested(
  sentence: string,
  measure: Measure,
  size: Size,
  direction: 1 | -1,
  pair = POOLED,
): Claim {
  const place: Place = { size, condition: 'plain' };
  return {
    ...{ sentence, direction },
    row: `${measure}${pairText(pair, ' − ')}, ${placeText(place)}`,
    findings: (tasks) =>
      tasks.flatMap((task) =>
        compareHeads(task, measure)
          .filter((each) => each.size === size && each.condition === 'plain')
          .filter(({ pair: [first, second] }) => first === pair[0] && second === pair[1])
          .map((each) => ({ name: task.name, effect: each.effect, isSure: differs(each) })),
      ),
  };
}

/** Whether the interval of an effect leaves out zero. */
const excludesZero = ({ low, high }: Effect): boolean => low > 0 || high < 0;

/** An effect that is judged by its interval over draws alone. */
export const byInterval = (name: string, values: readonly number[]): Finding => {
  const effect = overSeeds(values);
  return { name, effect, isSure: excludesZero(effect) };
};

interface Explored {
  readonly sentence: string;
  readonly measure: string;
  readonly place: Place;
  readonly direction: 1 | -1;
  readonly pair?: Pair;
  /** The measure of a run, given the runs of all; undefined if the task doesn't have it. */
  readonly of: (run: Run, all: readonly Run[]) => number | undefined;
  readonly written?: (effect: Effect) => string;
}

/** A claim that is judged by intervals over draws alone, as the protocol tests only accuracy and shifts. */
function explored({ measure, place, of, pair = POOLED, ...rest }: Explored): Claim {
  const operator = rest.written ? ' : ' : ' − ';
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

const CLEAN: Pair = ['pooled MLP', 'flattened'];

/** As a ratio of the first head's to the second's: effects are of logarithms. */
const asRatio = ({ mean, low, high }: Effect): string => {
  const [middle, from, to] = [mean, low, high].map((each) => Math.exp(each).toPrecision(2));
  return `${middle} [${from}, ${to}]`;
};

/**
 * Everything about accuracy on frozen backbones. "The pooled head" is that of the package against the flattened head; "pooling alone" is
 * the pooled MLP, which differs from the flattened head in nothing else.
 */
export const CLAIMS: readonly Claim[] = [
  tested('The pooled head is more accurate with few pictures.', 'accuracy', 5, 1),
  tested('The pooled head is more accurate with more pictures, too.', 'accuracy', 'all', 1),
  tested('The flattened head is more accurate with enough pictures.', 'accuracy', 'all', -1),
  tested(
    'Pooling alone, with the same hidden layer, is more accurate.',
    ...(['accuracy', NOISE_SIZE, 1, CLEAN] as const),
  ),
  tested(
    'The pooled head is more accurate than a flattened one with dropout.',
    ...(['accuracy', NOISE_SIZE, 1, ['pooled', 'flattened, dropout']] as const),
  ),
  tested(
    'A dense layer at each position is more accurate than the pooled head.',
    ...(['accuracy', 'all', -1, ['pooled', 'dense map']] as const),
  ),
  explored({
    sentence: 'The pooled head overfits less.',
    measure: 'training − test accuracy',
    ...{ place: TWENTY, direction: -1 },
    of: ({ trainAccuracy, accuracy }) => trainAccuracy - accuracy,
  }),
  tested('The pooled head loses less by shifts.', 'lost by the largest shift', 'all', -1),
  explored({
    sentence: 'The pooled head loses less if things are smaller.',
    ...{ measure: 'lost by shrinking to 3/4', place: ALL, direction: -1, of: lostBy('smaller') },
  }),
  explored({
    sentence: 'The pooled head loses less if things are larger.',
    ...{ measure: 'lost by enlarging by 4/3', place: ALL, direction: -1, of: lostBy('larger') },
  }),
  explored({
    sentence: 'The pooled head loses less by mirroring.',
    ...{ measure: 'lost by mirroring', place: ALL, direction: -1, of: lostBy('mirror') },
  }),
  explored({
    sentence: 'The pooled head loses less by wrong labels.',
    measure: 'lost by 20 % wrong labels',
    ...{ place: TWENTY, direction: -1, of: lostByNoise },
  }),
  explored({
    sentence: 'Pooling alone loses less by wrong labels.',
    measure: 'lost by 20 % wrong labels',
    ...{ place: TWENTY, direction: -1, of: lostByNoise, pair: CLEAN },
  }),
  explored({
    sentence: 'The pooled head is better calibrated.',
    measure: 'calibration error with temperature',
    ...{ place: ALL, direction: -1, of: ({ calibration }) => calibration },
  }),
  explored({
    sentence: 'The pooled head trains faster.',
    measure: 'seconds of training on features',
    ...{ place: ALL, direction: -1, of: ({ seconds }) => Math.log(seconds), written: asRatio },
  }),
  explored({
    sentence: 'Pooling alone converges in fewer epochs.',
    measure: 'epochs',
    ...{ place: ALL, direction: -1, of: ({ epochs }) => Math.log(epochs), written: asRatio },
    pair: CLEAN,
  }),
  {
    sentence: 'A pooled head can tell where something is.',
    row: `accuracy − 50 %, all${DRAWS_ONLY}`,
    direction: 1,
    findings: (tasks) =>
      tasks
        .filter(({ name }) => name === 'sides')
        .flatMap(({ name, runs }) => {
          const values = runsOf(runs, 'pooled', ALL).map(({ accuracy }) => accuracy - 1 / 2);
          return values.length === 0 ? [] : [byInterval(name, values)];
        }),
  },
];

const inPoints = ({ mean, low, high }: Effect): string =>
  `${signed(percent(mean))} [${percent(low)}, ${percent(high)}]`;

/** A claim's figures: each task's effect with its interval, bold if it is beyond chance. */
export const figuresOf = (
  findings: readonly Finding[],
  written: (effect: Effect) => string = inPoints,
): string =>
  findings
    .map(({ name, effect, isSure }) => {
      const text = `${name} ${written(effect)}`;
      return isSure ? `**${text}**` : text;
    })
    .join('; ');
