import { readFileSync, writeFileSync } from 'node:fs';
import { markdownTable } from 'markdown-table';
import type { Result } from './conformance/case';
import type { Run } from './runs';

const PAGE = 'docs/backends.md';
const [BEGIN, END] = ['<!-- table: npm run test:backends -- --write -->', '<!-- /table -->'];

/** The rows of the table, and how the names of their cases begin. */
const AREAS: readonly (readonly [string, RegExp])[] = [
  ['build models', /^(build|draw) /],
  ['predict, against Keras', /^forward[,:]/],
  ['fold BatchNorms', /^foldBatchNorm:/],
  ['load and save weights and models', /^(load|save|refuse) /],
  ['train heads, against Keras and TensorFlow', /^(gradients of a head:|fitHead|extractFeatures:)/],
  [
    'fine-tune and freeze, against Keras',
    /^(gradients of convolutions,|classifier\.fineTune|freeze:|unfreeze:)/,
  ],
  ['classify and explain pictures', /^(classify |classifier\.explain:|translationRobustness:)/],
  ['engines, against the layers', /^engine /],
  ['what only a page does', /^page:/],
];

/**
 * The row that a case is counted in.
 *
 * @throws Error for a name that fits no row
 */
export function areaOf(name: string): string {
  const [area] = AREAS.find(([, pattern]) => pattern.test(name)) ?? [];
  if (area === undefined)
    throw new Error(`AREAS: expected a pattern for every case, got none for "${name}"; add one`);
  return area;
}

/** How many cases passed; empty where none ran. */
function count(results: readonly Result[]): string {
  if (results.length === 0) return '–';
  const passed = results.filter(({ ok }) => ok).length;
  const text = `${passed} of ${results.length}`;
  return passed < results.length ? `**${text}**` : text;
}

/** Empty where nothing was compared with a reference. */
function worst({ results }: Run): string {
  const errors = results.flatMap(({ maxError }) => maxError ?? []);
  return errors.length === 0 ? '–' : Math.max(...errors).toExponential(0);
}

/** A row for each area with how many of its cases passed, a column for each backend where it ran. */
export function tableOf(runs: readonly Run[]): string {
  const ran = new Set(runs.flatMap(({ results }) => results.map(({ name }) => areaOf(name))));
  const areas = AREAS.map(([area]) => area).filter((area) => ran.has(area));
  const of = ({ results }: Run, area: string) =>
    results.filter(({ name }) => areaOf(name) === area);
  return markdownTable(
    [
      ['cases passed', ...runs.map(({ backend, where }) => `${backend} (${where})`)],
      ...areas.map((area) => [area, ...runs.map((run) => count(of(run, area)))]),
      ['largest relative error', ...runs.map(worst)],
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
