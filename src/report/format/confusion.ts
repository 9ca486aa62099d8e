import type { Calibration } from '../../explain/calibration.js';
import type { Confusion } from '../../explain/confusion.js';
import { integer, percent } from '../../numbers.js';
import { describeCalibration } from './calibration.js';
import type { Report } from './report.js';
import { drawTable, type Table } from './table.js';

export const percentOrDash = (part: number | null): string => (part === null ? '—' : percent(part));

/** The wrong class that images of a class were most often predicted as. */
function mostOften({ classes, counts }: Confusion, index: number): string {
  const wrong = (counts[index] ?? []).map((count, other) => (other === index ? 0 : count));
  const most = Math.max(...wrong);
  return most === 0 ? '' : `${classes[wrong.indexOf(most)]?.name ?? ''} (${integer(most)})`;
}

function scoresTable(confusion: Confusion): Table {
  const { classes, macro } = confusion;
  return {
    columns: [
      { title: 'class' },
      { title: 'images', align: 'r' },
      { title: 'predicted', align: 'r', dispensable: 1 },
      { title: 'precision', align: 'r' },
      { title: 'recall', align: 'r' },
      { title: 'F1', align: 'r', dispensable: 2 },
      { title: 'most often mistaken for', dispensable: 3 },
    ],
    rows: [
      ...classes.map(({ name, support, predicted, precision, recall, f1 }, index) => [
        name,
        integer(support),
        integer(predicted),
        percentOrDash(precision),
        percentOrDash(recall),
        percentOrDash(f1),
        mostOften(confusion, index),
      ]),
      [
        'mean of classes',
        '',
        '',
        percentOrDash(macro.precision),
        percentOrDash(macro.recall),
        percentOrDash(macro.f1),
        '',
      ],
    ],
  };
}

function countsTable({ classes, counts }: Confusion): Table {
  return {
    columns: [
      { title: 'true ↓, predicted →' },
      ...classes.map(({ name }) => ({ title: name, align: 'r' as const })),
    ],
    rows: counts.map((row, index) => [classes[index]?.name ?? '', ...row.map(integer)]),
  };
}

/**
 * Reports the confusion matrix and a table with the scores of each class.
 *
 * @param width in characters; a wider matrix is left out
 */
export function reportConfusion(
  confusion: Confusion & { readonly calibration?: Calibration },
  width = Infinity,
): Report {
  const { accuracy, total, classes, calibration } = confusion;
  const counts = countsTable(confusion);
  const fits =
    width === Infinity ||
    drawTable(counts, 'text')
      .split('\n')
      .every(({ length }) => length <= width);
  const missing = `The confusion matrix of ${classes.length} × ${classes.length} classes is left out: it is wider than ${width} characters.`;
  return {
    tables: [...(fits ? [counts] : []), scoresTable(confusion)],
    notes: [
      `Accuracy: ${percent(accuracy)} on ${integer(total)} images.`,
      ...(calibration ? [describeCalibration(calibration)] : []),
      ...(fits ? [] : [missing]),
    ],
  };
}
