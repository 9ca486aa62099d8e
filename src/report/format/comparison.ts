import type { ComparedHead, HeadComparison } from '../../compare/comparison.js';
import type { FoldMean } from '../../compare/over-folds.js';
import type { Spread } from '../../compare/spread.js';
import {
  bytes,
  countOrDash,
  figures,
  integer,
  megabytes,
  shape,
  percent,
  percentage,
} from '../../numbers.js';
import { CONVENTION, type Report } from './report.js';

// Times vary by more than their third figure, and the table has to fit into 80 characters.
const twoFigures = /* @__PURE__ */ new Intl.NumberFormat('en-US', { maximumSignificantDigits: 2 });

/** `35 (32–38)`, or a dash for what wasn't measured. */
const milliseconds = (times: Spread | null | undefined): string => {
  if (times == null) return '—';
  const [median, min, max] = [times.median, times.min, times.max].map((ms) =>
    twoFigures.format(ms),
  );
  return `${median ?? ''} (${min ?? ''}–${max ?? ''})`;
};

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
  ['to train, cached', ({ cached }) => bytes(cached.total)],
];

const MEASURED: readonly Row[] = [
  ['predict, ms (range)', ({ times }) => milliseconds(times?.predictMs)],
  ['train step, ms (range)', ({ times }) => milliseconds(times?.trainStepMs)],
];

// A minus sign, as a hyphen looks like the dash of a range.
const signed = (share: number): string => percentage(share).replace('-', '−');

/** `93.1 ± 2.0`, in percent; of an interval that isn't symmetric, the longer side. */
const interval = (value: FoldMean | undefined): string => {
  if (value === undefined) return '—';
  const { mean, low, high } = value;
  return `${signed(mean)} ± ${percentage(Math.max(mean - low, high - mean))}`;
};

const MOVED = 'moved by 1/8, %';

const TRIED: readonly Row[] = [
  ['training accuracy, %', ({ fit }) => interval(fit?.accuracy)],
  ['validation accuracy, %', ({ fit }) => interval(fit?.validationAccuracy)],
  ['generalisation gap, %', ({ fit }) => interval(fit?.gap)],
  [MOVED, ({ fit }) => interval(fit?.shiftedAccuracy)],
  ['calibration error, %', ({ fit }) => interval(fit?.calibrationError)],
  ['training time', ({ fit }) => (fit ? `${figures(fit.trainMs.median / 1_000)} s` : '—')],
];

/** `160 pictures in 5 folds, each held out once` */
const heldOut = ({ pictures, measured, folds }: NonNullable<HeadComparison['trial']>): string =>
  measured === pictures
    ? `${integer(pictures)} pictures in ${folds} folds, each held out once`
    : `${integer(pictures)} pictures, of which ${integer(measured)} are in ${folds} folds and held out once`;

export function reportComparison({
  base,
  heads,
  trial,
  recommendation,
  findings,
}: HeadComparison): Report {
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
  const advice = recommendation && findings.at(-1);
  const { batchSize = 1, optimizer = 'adam' } = first?.memory ?? {};
  const { backend, engine, runs } = first?.times ?? {};
  const measured =
    backend === undefined
      ? []
      : [
          `Times: median (range) of ${runs === 1 ? '1 run' : `${runs ?? 0} runs`}; the base on ${engine === 'layers' ? backend : engine}, the heads on ${backend}.`,
        ];
  const tried =
    trial === undefined
      ? []
      : [
          `Cross-validation: ${heldOut(trial)}; means ± 95% intervals. Training time: median of a fold.`,
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
      ...findings.filter((each) => each !== advice),
      `Memory: estimated peak, batch ${batchSize}, ${optimizer}; see docs/analysis.md.`,
      ...measured,
      ...tried,
      ...CONVENTION,
      // Last, where it is seen.
      ...(advice === undefined ? [] : [advice]),
    ],
  };
}
