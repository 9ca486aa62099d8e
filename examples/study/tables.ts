import { markdownTable } from 'markdown-table';
import { estimateMemory, planResnet } from 'resnet-heads';
import {
  compareHeadsBy,
  differs,
  type Measure,
  relativeLoss,
  runsOf,
  shiftedAccuracy,
} from './comparisons.js';
import { HEADS, type StudyHead, studyHeads } from './heads.js';
import type { Run, StudyResults } from './results.js';
import { interval } from './statistics.js';

const integer = new Intl.NumberFormat('en-US');
const figures = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });
/** A share in percent, with a minus sign instead of a hyphen. */
const points = (share: number): string =>
  (100 * share)
    .toFixed(1)
    .replace(/^-0\.0$/, '0.0')
    .replace('-', '−');
const signed = (text: string): string => (text.startsWith('−') ? text : `+${text}`);

const BYTES_PER_MB = 1e6;
const megabytes = (bytes: number): string => `${figures.format(bytes / BYTES_PER_MB)} MB`;

function table(header: readonly string[], rows: readonly (readonly string[])[], left = 1): string {
  const align = header.map((_, i) => (i < left ? 'l' : 'r'));
  return markdownTable([header, ...rows], { align });
}

/** The package's contract, which the title's question is about. */
const CONTRACT = { numClasses: 10, batchSize: 32 };

/** The heads on a ResNet-50 at 224, counted. */
export function contractTable(): string {
  const { numClasses, batchSize } = CONTRACT;
  const recipes = studyHeads(numClasses);
  const rows = HEADS.map((head) => {
    const plan = planResnet({ head: recipes[head] });
    const all = estimateMemory(plan, { batchSize });
    const cached = estimateMemory(plan, { batchSize, train: 'cached' });
    return [
      head,
      integer.format(plan.head.params),
      integer.format(plan.totals.params),
      integer.format(plan.head.macs),
      `${points(plan.head.macs / plan.totals.macs)} %`,
      megabytes(estimateMemory(plan).inference.total),
      megabytes(all.training.minimum),
      megabytes(cached.training.minimum),
    ];
  });
  const header = ['head', 'parameters', 'with the backbone', "head's MACs", 'of all MACs'];
  return table([...header, 'to predict', 'to train all', 'to train on features'], rows);
}

/** What the heads cost on a task's backbone: counted, and timed in turns. */
export function costTable({ costs, times, base }: StudyResults): string {
  const pooled = times.find(({ head }) => head === 'pooled');
  const rows = costs.map(({ head, parameters, macs, trainingBytes }) => {
    const time = times.find((each) => each.head === head);
    const ratio = (key: 'epochMs' | 'predictMs') =>
      `${figures.format((time?.[key] ?? NaN) / (pooled?.[key] ?? NaN))} ×`;
    return [
      head,
      integer.format(parameters),
      integer.format(macs),
      `${figures.format((100 * macs) / (base.macs + macs))} %`,
      megabytes(trainingBytes),
      `${figures.format((time?.epochMs ?? NaN) / 1000)} s`,
      ratio('epochMs'),
      `${figures.format(time?.predictMs ?? NaN)} ms`,
      ratio('predictMs'),
    ];
  });
  const counted = ['head', 'parameters', 'MACs', 'of all MACs', 'to train'];
  return table(
    [...counted, 'epoch', 'relative to pooled', 'prediction', 'relative to pooled'],
    rows,
  );
}

const COLUMNS: readonly (readonly [string, (run: Run) => number])[] = [
  ['in training', (run) => run.trainAccuracy],
  ['on test', (run) => run.testAccuracy],
  ['gap', (run) => run.trainAccuracy - run.testAccuracy],
  ['calibration error', (run) => run.calibration],
  ['shifted by ±32 px', shiftedAccuracy],
  ['lost by the shift', relativeLoss],
];

/** Accuracy and what goes with it, in percent: mean ± half of the 95 % interval over seeds. */
export function accuracyTable(results: StudyResults): string {
  const rows = results.protocol.sizes.flatMap((size) =>
    HEADS.map((head) => {
      const runs = runsOf(results, head, size);
      const cells = COLUMNS.map(([, of]) => {
        const { mean, margin } = interval(runs.map(of));
        return `${points(mean)} ± ${points(margin)}`;
      });
      const loss = interval(runs.map(({ testLoss }) => testLoss));
      const { learningRate = NaN, epochs = NaN } = runs[0] ?? {};
      return [
        ...[String(size), head, String(learningRate), String(epochs), ...cells],
        `${loss.mean.toFixed(2)} ± ${loss.margin.toFixed(2)}`,
      ];
    }),
  );
  const header = ['pictures per class', 'head', 'rate', 'epochs', ...COLUMNS.map(([name]) => name)];
  return table([...header, 'loss on test'], rows, 2);
}

/** Differences between heads in percentage points, and whether they count as one. */
export function differenceTable(results: StudyResults, measure: Measure): string {
  const name = ([first, second]: readonly StudyHead[]) => `${first} − ${second}`;
  const rows = compareHeadsBy(results, measure).map((comparison) => {
    const { size, pair, difference, p } = comparison;
    return [
      ...[String(size), name(pair)],
      `${signed(points(difference.mean))} ± ${points(difference.margin)}`,
      p < 0.001 ? '< 0.001' : p.toFixed(3),
      differs(comparison) ? 'differs' : '—',
    ];
  });
  return table(['pictures per class', measure, 'points', 'p', 'verdict'], rows, 2);
}

/** Validation accuracy and epochs for each learning rate that was tried; the chosen ones are bold. */
export function tuningTable({ tuning, protocol }: StudyResults): string {
  const rows = tuning.map(({ size, head, trials, chosen }) => [
    ...[String(size), head],
    ...trials.map(({ learningRate, epochs, accuracy }) => {
      const text = `${points(accuracy)}, ${epochs}`;
      return learningRate === chosen.learningRate ? `**${text}**` : text;
    }),
  ]);
  return table(['pictures per class', 'head', ...protocol.learningRates.map(String)], rows, 2);
}

/** What the page shows of each head: accuracy and what a shift costs at every size, and the time of an epoch. */
export function summaryTable(results: StudyResults): string {
  const { sizes } = results.protocol;
  const cells = (head: StudyHead, measure: Measure, of: (run: Run) => number): string[] => {
    const compared = compareHeadsBy(results, measure);
    return sizes.map((size) => {
      const { mean, margin } = interval(runsOf(results, head, size).map(of));
      const withPooled = compared.find(
        ({ pair, ...each }) => each.size === size && pair[0] === 'pooled' && pair[1] === head,
      );
      const mark = withPooled !== undefined && differs(withPooled) ? ' *' : '';
      return `${points(mean)} ± ${points(margin)}${mark}`;
    });
  };
  const rows = HEADS.map((head) => [
    head,
    ...cells(head, 'accuracy', ({ testAccuracy }) => testAccuracy),
    ...cells(head, 'loss by shift', (run) => run.testAccuracy - shiftedAccuracy(run)),
    `${figures.format((results.times.find((each) => each.head === head)?.epochMs ?? NaN) / 1000)} s`,
  ]);
  const header = ['accuracy', 'lost by shift'].flatMap((name) =>
    sizes.map((size) => `${name}, ${size}`),
  );
  return table(['head', ...header, 'epoch'], rows);
}
