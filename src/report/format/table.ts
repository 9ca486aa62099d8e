import { markdownTable } from 'markdown-table';
import { printable } from '../../printable.js';

export type TableFormat = 'text' | 'markdown';

export interface Column {
  readonly title: string;
  /** Numbers to the right. @default 'l' */
  readonly align?: 'l' | 'r';
  /** Where the width is short, the column of the highest number goes first; without one it stays. */
  readonly dispensable?: number;
}

export interface Table {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
}

/**
 * No name of a layer, class or array is as long. markdown-table pads every cell of a column to the longest, and trims lines in time that
 * grows with the square of their length: 24 s for a name of 80,000 characters.
 */
const MAX_CELL = 500;

const shortened = (text: string): string =>
  text.length <= MAX_CELL ? text : `${text.slice(0, MAX_CELL)}… (${text.length} characters)`;

function draw({ columns, rows }: Table, as: TableFormat): string {
  const outer = as === 'markdown';
  const cell = (text: string) => {
    const shown = printable(shortened(text));
    return outer ? shown.replaceAll('|', '\\|') : shown;
  };
  const cells = [columns.map(({ title }) => title), ...rows].map((row) => row.map(cell));
  const lines = markdownTable(cells, {
    align: columns.map(({ align = 'l' }) => align),
    delimiterStart: outer,
    delimiterEnd: outer,
  });
  if (outer) return lines;
  // Text lacks what only Markdown needs: the outer bars, and the colons that say which way to align.
  const [header, rule, ...body] = lines.split('\n');
  return [header, rule?.replaceAll(':', '-'), ...body].map((line) => line?.trimEnd()).join('\n');
}

function without({ columns, rows }: Table, index: number): Table {
  const rest = <T>(cells: readonly T[]) => cells.filter((_, i) => i !== index);
  return { columns: rest(columns), rows: rows.map(rest) };
}

/**
 * A table as text or Markdown.
 *
 * @param width in characters; as text, columns that can be done without go until it is kept
 */
export function drawTable(table: Table, as: TableFormat, width = Infinity): string {
  const drawn = draw(table, as);
  // A weight file may list more arrays than a call takes arguments.
  const widest = drawn.split('\n').reduce((most, { length }) => Math.max(most, length), 0);
  if (as === 'markdown' || widest <= width) return drawn;
  const order = table.columns.map(({ dispensable = 0 }) => dispensable);
  const most = Math.max(...order);
  return most === 0 ? drawn : drawTable(without(table, order.indexOf(most)), as, width);
}
