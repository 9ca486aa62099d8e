import { spread as spreadOf } from '../../src/compare/spread.js';
import type { EndToEndRun } from './end-to-end.js';
import { TRAINED_THROUGH } from './end-to-end.js';
import { ANY_SIZE, SIDES, type SizeRun } from './sizes.js';
import { overSeeds } from './statistics.js';
import { spread, table } from './tables.js';
import type { MachineTimes } from './times.js';

/** The title of a task by its name. */
type Titles = ReadonlyMap<string, string>;

const tasksOf = (runs: readonly { readonly task: string }[]) => [
  ...new Set(runs.map(({ task }) => task)),
];

/** Accuracy of heads on pictures of several sizes, in percent. */
export function sizeTable(runs: readonly SizeRun[], titles: Titles): string {
  const rows = tasksOf(runs).flatMap((name) =>
    ANY_SIZE.map((head) => {
      const own = runs.filter((run) => run.task === name && run.head === head);
      const cells = SIDES.map((side) =>
        spread(overSeeds(own.map(({ accuracy }) => accuracy[side] ?? NaN))),
      );
      return [titles.get(name) ?? name, head, ...cells];
    }),
  );
  return table(['task', 'head', ...SIDES.map((side) => `${side} × ${side}`)], rows, 2);
}

/** Accuracy of heads on a frozen backbone, and of both trained on together, in percent. */
export function endToEndTable(runs: readonly EndToEndRun[], titles: Titles): string {
  const rows = tasksOf(runs).flatMap((name) =>
    TRAINED_THROUGH.map((head) => {
      const own = runs.filter((run) => run.task === name && run.head === head);
      const cells = [
        overSeeds(own.map(({ frozen }) => frozen)),
        overSeeds(own.map(({ tuned }) => tuned)),
        overSeeds(own.map(({ tuned, frozen }) => tuned - frozen)),
        overSeeds(own.map(({ tunedOnTraining, tuned }) => tunedOnTraining - tuned)),
      ];
      return [titles.get(name) ?? name, head, ...cells.map(spread)];
    }),
  );
  return table(['task', 'head', 'frozen backbone', 'trained backbone', 'gained', 'gap'], rows, 2);
}

const figures = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });

/** The median of all rounds with the shortest and the longest. */
function rounds(ms: readonly number[]): string {
  if (ms.length === 0) return '—';
  const { median, min, max } = spreadOf(ms);
  return `${figures.format(median)} (${figures.format(min)} to ${figures.format(max)})`;
}

/** Milliseconds of each head, on each backend. */
export function timeTable({ measured }: MachineTimes): string {
  const [first] = measured;
  const header = measured.flatMap(({ backend }) => [`step, ${backend}`, `predict, ${backend}`]);
  const rows = (first?.heads ?? []).map(({ head }) => {
    const cells = measured.flatMap(({ heads }) => {
      const own = heads.find((each) => each.head === head);
      return [own?.trainStepMs ?? [], own?.predictMs ?? []].map(rounds);
    });
    return [head, ...cells];
  });
  return table(['head', ...header], rows);
}
