import { readFileSync, writeFileSync } from 'node:fs';
import { markdownTable } from 'markdown-table';
import type { Run } from './runs';

const PAGE = 'docs/backends.md';
const [BEGIN, END] = ['<!-- table: npm run test:backends -- --write -->', '<!-- /table -->'];

/** A cell: the error where one was measured, and how long it took. */
function cell(run: Run, name: string): string {
  const result = run.results.find((each) => each.name === name);
  // A page has cases of its own.
  if (result === undefined) return '–';
  if (!result.ok) return '**fails**';
  const { maxError, seconds } = result;
  return [
    ...(maxError === undefined ? ['✓'] : [maxError.toExponential(0)]),
    `${seconds.toFixed(1)} s`,
  ].join(', ');
}

/** A row for each case, a column for each backend where it ran. */
export function tableOf(runs: readonly Run[]): string {
  const names = [...new Set(runs.flatMap(({ results }) => results.map(({ name }) => name)))];
  return markdownTable(
    [
      ['case', ...runs.map(({ backend, where }) => `${backend} (${where})`)],
      ...names.map((name) => [name, ...runs.map((run) => cell(run, name))]),
    ],
    { align: ['l', ...runs.map(() => 'r')] },
  );
}

/** Puts the table between its marks in the page. */
export function writeTable(runs: readonly Run[]): void {
  const page = readFileSync(PAGE, 'utf8');
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin)
    throw new Error(`${PAGE}: expected ${BEGIN} and ${END}, found none`);
  const table = tableOf(runs);
  writeFileSync(PAGE, `${page.slice(0, begin + BEGIN.length)}\n\n${table}\n\n${page.slice(end)}`);
}
