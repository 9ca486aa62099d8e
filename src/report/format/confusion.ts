import { type Format, FORMATS, type FormatOptions } from './index.js';
import { integer } from '../../numbers.js';
import { drawTable, type Table } from './table.js';
import { requireOneOf } from '../../errors.js';
import { type Confusion, requireConfusion } from '../../explain/confusion.js';
import { percent, percentOrDash } from '../../percent.js';

/** What images of a class were taken for most often, other than what they are. */
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
      { title: 'taken for it', align: 'r', dispensable: 1 },
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
 * A confusion as aligned `'text'`, as `'markdown'`, or as `'json'`: the counts, and a table of what they
 * say of each class. Text leaves the counts out where they need more than `width` characters. Returns the
 * string; prints nothing.
 *
 * @throws ArgumentError where it is no confusion, or there is no such format
 */
export function formatConfusion(
  confusion: Confusion,
  as: Format = 'text',
  { width = Infinity }: FormatOptions = {},
): string {
  requireOneOf('format', as, FORMATS);
  requireConfusion(confusion);
  if (as === 'json') return JSON.stringify(confusion, null, 2);
  const drawn = drawTable(countsTable(confusion), as);
  const fits = as === 'markdown' || drawn.split('\n').every((line) => line.length <= width);
  const { accuracy, total, classes } = confusion;
  const counts = fits
    ? drawn
    : `The counts of ${classes.length} × ${classes.length} classes need more than ${width} characters in a line.`;
  return [
    counts,
    drawTable(scoresTable(confusion), as, width),
    `Accuracy: ${percent(accuracy)} of ${integer(total)} images.`,
  ].join('\n\n');
}
