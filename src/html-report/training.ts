import { figures, percent } from '../numbers.js';
import type { Epoch } from '../train/checkpoint.js';
import type { Strength } from '../train/linear/search.js';
import { SMALLEST_VALIDATION } from '../train/linear/smallest-validation.js';
import { type Line, lineChart } from './chart.js';
import type { TrainingRun } from './data.js';
import { details, html, type Html, section, table } from './html.js';

type Row = Epoch | Strength;

const optional = (value: number | undefined, write: (value: number) => string): string =>
  value === undefined ? '—' : write(value);

const cells = ({ loss, accuracy, validationLoss, validationAccuracy }: Row): string[] => [
  figures(loss),
  percent(accuracy),
  optional(validationLoss, figures),
  optional(validationAccuracy, percent),
];

interface Axis {
  readonly name: string;
  readonly of: (row: Row) => number;
  readonly text: (x: number) => string;
  readonly mark: { readonly x: number; readonly name: string };
  readonly logarithmic?: boolean;
}

/** Loss and accuracy against epochs or strengths, and the same as a table. */
function charts(rows: readonly Row[], held: string, axis: Axis): Html {
  const { name: xName, of, text: xText, mark, logarithmic = false } = axis;
  const line = (name: string, y: (row: Row) => number | undefined): Line => ({
    name,
    points: rows.flatMap((row) => {
      const value = y(row);
      return value === undefined ? [] : [[of(row), value] as const];
    }),
  });
  const draw = (
    title: string,
    lines: readonly Line[],
    yText: (y: number) => string,
    yRange?: readonly [number, number],
  ) =>
    lineChart({
      ...{ title, xName, xText, yText, mark, logarithmic },
      lines: lines.filter(({ points }) => points.length > 0),
      ...(yRange && { yRange }),
    });
  const shown = html`<div class="charts">
    ${draw(
      'Loss',
      [line('training', ({ loss }) => loss), line(held, ({ validationLoss }) => validationLoss)],
      figures,
      [0, 0],
    )}
    ${draw(
      'Accuracy',
      [
        line('training', ({ accuracy }) => accuracy),
        line(held, ({ validationAccuracy }) => validationAccuracy),
      ],
      (share) => `${figures(100 * share)}%`,
    )}
  </div>`;
  const all = table(
    `Loss and accuracy by ${xName}`,
    [
      { title: xName },
      ...['loss', 'accuracy', `${held} loss`, `${held} accuracy`].map((title) => ({
        title,
        numeric: true,
      })),
    ],
    rows.map((row) => [xText(of(row)), ...cells(row)]),
  );
  return html`${shown}${details('The numbers', all)}`;
}

/** What charts of both solvers show. */
const GAP =
  'A wide gap between the lines means that the head fits the pictures that it was trained on better than others (overfitting).';

function byAdam(training: Extract<TrainingRun, { solver: 'adam' }>): Html {
  const { history, bestEpoch, temperature } = training;
  const epochOf = (row: Row) => ('epoch' in row ? row.epoch + 1 : NaN);
  const shown = charts(history, 'validation', {
    name: 'epoch',
    of: epochOf,
    text: String,
    mark: { x: bestEpoch + 1, name: 'best' },
  });
  const divided =
    temperature === 1
      ? ''
      : ` After training, logits were divided by ${figures(temperature)}, the temperature with the lowest validation loss: the losses of the classifier are lower than those below.`;
  return html`<p>
      The weights are those of epoch ${bestEpoch + 1} of ${history.length}. ${GAP}${divided}
    </p>
    ${shown}`;
}

function byLbfgs({ l2, path, pictures }: Extract<TrainingRun, { solver: 'lbfgs' }>): Html {
  if (path.length === 0) {
    return html`<p>The head was fitted once, with an L2 penalty of ${figures(l2)}.</p>`;
  }
  const strengthOf = (row: Row) => ('l2' in row ? row.l2 : NaN);
  const isHeld = pictures.validation >= SMALLEST_VALIDATION;
  const judged = isHeld
    ? 'on the validation pictures'
    : 'in cross-validation on the training pictures';
  return html`<p>
      The head was fitted with ${path.length} strengths of the L2 penalty. ${figures(l2)} was
      chosen, by the loss ${judged}. ${GAP}
    </p>
    ${charts([...path].reverse(), isHeld ? 'validation' : 'cross-validation', {
      name: 'L2 penalty',
      of: strengthOf,
      text: figures,
      mark: { x: l2, name: 'chosen' },
      logarithmic: true,
    })}`;
}

/** How the head was trained. */
export function trainingSection(training: TrainingRun): Html | undefined {
  if (training.solver === 'adam' && training.history.length === 0) return undefined;
  const shown = training.solver === 'adam' ? byAdam(training) : byLbfgs(training);
  return section('training', 'Training', shown);
}
