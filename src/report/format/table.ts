import { markdownTable } from 'markdown-table';
import { printable } from '../../printable.js';

export type TableFormat = 'text' | 'markdown';

export interface Column {
  readonly title: string;
  /** Left, or right for numbers. @default 'l' */
  readonly align?: 'l' | 'r';
  /** If the table is too wide, columns are left out from the highest number down; without a number they stay. */
  readonly dispensable?: number;
}

export interface Table {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
}

/**
 * Longer than any name of a layer, class or array. markdown-table pads all cells of a column to the longest, and the time to
 * trim a line is quadratic: 24 s for a name of 80,000 characters.
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
  // Text needs neither Markdown's outer bars nor its colons for alignment.
  const [header, rule, ...body] = lines.split('\n');
  return [header, rule?.replaceAll(':', '-'), ...body].map((line) => line?.trimEnd()).join('\n');
}

function without({ columns, rows }: Table, index: number): Table {
  const rest = <T>(cells: readonly T[]) => cells.filter((_, i) => i !== index);
  return { columns: rest(columns), rows: rows.map(rest) };
}

/**
 * Draws a table as text or Markdown.
 *
 * @param width in characters; dispensable columns of a text table are left out to fit
 */
export function drawTable(table: Table, as: TableFormat, width = Infinity): string {
  const drawn = draw(table, as);
  // Not Math.max(...): a weight file can have more arrays than a call can have arguments.
  const widest = drawn.split('\n').reduce((most, { length }) => Math.max(most, length), 0);
  if (as === 'markdown' || widest <= width) return drawn;
  const order = table.columns.map(({ dispensable = 0 }) => dispensable);
  const most = Math.max(...order);
  return most === 0 ? drawn : drawTable(without(table, order.indexOf(most)), as, width);
}
