import type { ComparedHead, HeadComparison } from '../../compare/comparison.js';
import type { FoldMean } from '../../compare/over-folds.js';
import type { Spread } from '../../compare/spread.js';
import { bytes, countOrDash, figures, integer, megabytes, shape, percent } from '../../numbers.js';
import { CONVENTION, type Report } from './report.js';

/** A dash for what wasn't measured. */
const milliseconds = (times: Spread | null | undefined): string =>
  times == null ? '—' : `${figures(times.median)} ms (${figures(times.min)}–${figures(times.max)})`;

type Row = readonly [string, (head: ComparedHead, base: HeadComparison['base']) => string];

const ROWS: readonly Row[] = [
  ['output', ({ outputShape }) => shape(outputShape)],
  ['parameters', ({ totals }) => integer(totals.params)],
  ['in the head', ({ head }) => integer(head.params)],
  ["head's share", ({ headShare }) => percent(headShare)],
  ['MACs', ({ totals }, { uncounted }) => countOrDash(uncounted.length > 0 ? null : totals.macs)],
  ["head's MACs", ({ head }) => integer(head.macs)],
  ['size on disk', ({ totals }) => megabytes(totals.weightBytes)],
  ['memory to predict', ({ memory }) => bytes(memory.inference.total)],
  ['to train, base frozen', ({ memory }) => bytes(memory.training.total)],
  ['to train, features cached', ({ cached }) => bytes(cached.total)],
];

const MEASURED: readonly Row[] = [
  ['predict, measured', ({ times }) => milliseconds(times?.predictMs)],
  ['training step of the head', ({ times }) => milliseconds(times?.trainStepMs)],
];

// A minus sign, as a hyphen looks like the dash of a range.
const tenths = (share: number): string => (100 * share).toFixed(1).replace('-', '−');

/** `93.1 (91.2–95.0)`, in percent */
const interval = (value: FoldMean | undefined): string =>
  value === undefined ? '—' : `${tenths(value.mean)} (${tenths(value.low)}–${tenths(value.high)})`;

const MOVED = 'moved by 1/8, %';

const TRIED: readonly Row[] = [
  ['training accuracy, %', ({ fit }) => interval(fit?.accuracy)],
  ['validation accuracy, %', ({ fit }) => interval(fit?.validationAccuracy)],
  ['generalisation gap, %', ({ fit }) => interval(fit?.gap)],
  [MOVED, ({ fit }) => interval(fit?.shiftedAccuracy)],
  ['calibration error, %', ({ fit }) => interval(fit?.calibrationError)],
  ['training time', ({ fit }) => (fit ? `${figures(fit.trainMs.median / 1_000)} s` : '—')],
];

export function reportComparison({ base, heads, trial, findings }: HeadComparison): Report {
  const [first] = heads;
  const rows = [
    ...ROWS,
    ...(first?.times === undefined ? [] : MEASURED),
    ...(trial === undefined
      ? []
      : heads.some(({ fit }) => fit?.shiftedAccuracy)
        ? TRIED
        : TRIED.filter(([label]) => label !== MOVED)),
  ];
  const { batchSize = 1, optimizer = 'adam' } = first?.memory ?? {};
  const { backend, engine, runs } = first?.times ?? {};
  const measured =
    backend === undefined
      ? []
      : [
          `Times: median (range) of ${runs ?? 0} runs; the base on ${engine === 'layers' ? backend : engine}, the heads on ${backend}.`,
        ];
  const tried =
    trial === undefined
      ? []
      : [
          `Cross-validation: ${integer(trial.pictures)} pictures in ${trial.folds} folds, each held out once; means with 95% intervals. Training time: median of a fold.`,
        ];
  return {
    tables: [
      {
        columns: [
          { title: '' },
          ...heads.map(({ name }) => ({ title: name, align: 'r' as const })),
        ],
        rows: rows.map(([label, cell]) => [label, ...heads.map((head) => cell(head, base))]),
      },
    ],
    notes: [
      ...findings,
      `Memory: estimated peak, batch ${batchSize}, ${optimizer}; see docs/analysis.md.`,
      ...measured,
      ...tried,
      ...CONVENTION,
    ],
  };
}
