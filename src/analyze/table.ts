import { markdownTable } from 'markdown-table';

export type TableFormat = 'text' | 'markdown';

/**
 * Rows, the header first, as a table. As text it lacks what only Markdown needs: the outer bars, and the
 * colons that say which way to align.
 *
 * @param align of each column: left or right
 */
export function table(
  rows: readonly (readonly string[])[],
  align: readonly ('l' | 'r')[],
  as: TableFormat,
): string {
  const outer = as === 'markdown';
  const lines = markdownTable(rows, { align, delimiterStart: outer, delimiterEnd: outer });
  if (as === 'markdown') return lines;
  const [header, rule, ...body] = lines.split('\n');
  return [header, rule?.replaceAll(':', '-'), ...body].map((line) => line?.trimEnd()).join('\n');
}
