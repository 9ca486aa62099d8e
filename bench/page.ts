import { readFileSync, writeFileSync } from 'node:fs';
import { format as formatFile, resolveConfig } from 'prettier';
import { type BarChart, drawBars } from '../src/report/chart/bars.js';
import type { ChartTheme } from '../src/report/chart/echarts.js';
import type { Case } from './case.js';
import { cases } from './cases.js';
import type { Measured, Ratio } from './measure.js';
import { aimTable, memoryRange, memoryTable, timeTable } from './tables.js';

const PAGE = 'docs/benchmarks.md';
/** Every pair; the page has those with an aim. */
const RESULTS = 'bench/results.md';
const [BEGIN, END] = ['<!-- figures: npm run bench -- --write -->', '<!-- /figures -->'];
const THEMES = ['light', 'dark'] as const;
const BATCHES = [1, 8] as const;
const WIDTH = 760;
/** Told apart by lightness as well as by hue. */
const PALETTE: Readonly<Record<ChartTheme, readonly [string, string]>> = {
  light: ['#1f4e9c', '#f0b48a'],
  dark: ['#8fb3e8', '#c26a33'],
};

const figures = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });
const format = (value: number): string => figures.format(value);
/** The beginning of the decade that the least of some values is in. */
const decadeOf = (values: readonly number[]): number =>
  10 ** Math.floor(Math.log10(Math.min(...values)));

/** A page that told of a part would lose the rest. */
export function requireWhole(chosen: readonly Case[]): void {
  if (chosen.length < cases.length) {
    throw new Error(
      `--write: expected all ${cases.length} cases, got ${chosen.length}; leave out --filter`,
    );
  }
}

/** Milliseconds of each contestant, the first time that it had its turns. */
function milliseconds(times: readonly Ratio[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const { subject, peer, subjectMs, peerMs } of times) {
    if (!found.has(subject)) found.set(subject, subjectMs);
    if (!found.has(peer)) found.set(peer, peerMs);
  }
  return found;
}

function predictionBars(times: readonly Ratio[], theme: ChartTheme): BarChart {
  const found = BATCHES.map((batch) =>
    milliseconds(times.filter(({ case: name }) => name.endsWith(`batch ${batch}`))),
  );
  const [alone = new Map<string, number>()] = found;
  const labels = [...alone].sort(([, a], [, b]) => a - b).map(([name]) => name);
  const series = BATCHES.map((batch, i) => ({
    name: batch === 1 ? 'one picture at a time' : `${batch} at a time`,
    color: PALETTE[theme][i] ?? '',
    values: labels.map((name) => {
      const ms = found[i]?.get(name);
      return ms === undefined ? null : ms / batch;
    }),
  }));
  return {
    title: 'Milliseconds per picture',
    subtitle: 'a pooled ResNet-50 at 224 × 224, medians; log scale; lower is better',
    labels,
    series,
    least: decadeOf(series.flatMap(({ values }) => values).filter((value) => value !== null)),
    format,
  };
}

function ratioBars(times: readonly Ratio[], theme: ChartTheme): BarChart {
  const shown = times.filter(({ case: name }) => !/^(plan|predict)/.test(name));
  return {
    title: 'Time, relative to the other',
    subtitle: 'ratios of medians; log scale; below 1 this package is faster',
    labels: shown.map(({ case: name, peer }) => `${name.split(',')[0]} / ${peer}`),
    series: [{ name: 'ratio', color: PALETTE[theme][0], values: shown.map(({ ratio }) => ratio) }],
    least: decadeOf(shown.map(({ ratio }) => ratio)),
    format,
  };
}

const picture = (name: string, alt: string): string => `<picture>
  <source media="(prefers-color-scheme: dark)" srcset="images/${name}-dark.svg" />
  <img alt="${alt}" src="images/${name}-light.svg" />
</picture>`;

/** Puts figures and charts between the page's marks. */
export async function writePage(
  { times, peaks }: Measured,
  versions: readonly string[],
): Promise<void> {
  const page = readFileSync(PAGE, 'utf8');
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin)
    throw new Error(`${PAGE}: expected ${BEGIN} and ${END}, found none`);
  for (const theme of THEMES) {
    const options = { theme, width: WIDTH };
    const [predict, ratios] = [predictionBars(times, theme), ratioBars(times, theme)];
    writeFileSync(`docs/images/predict-${theme}.svg`, await drawBars(predict, options));
    writeFileSync(`docs/images/ratios-${theme}.svg`, await drawBars(ratios, options));
  }
  const today = new Date().toISOString().slice(0, 'yyyy-mm-dd'.length);
  const taken = [`Measured on ${today}:`, '', ...versions.map((line) => `- ${line}`)].join('\n');
  const content = [
    taken,
    aimTable(times),
    picture('predict', 'Milliseconds per picture, by what runs the model'),
    picture('ratios', 'Building, loading, extracting and training, each compared with others'),
    memoryRange(peaks),
  ].join('\n\n');
  writeFileSync(PAGE, `${page.slice(0, begin + BEGIN.length)}\n\n${content}\n\n${page.slice(end)}`);
  const results = [
    '# All benchmarks',
    taken,
    timeTable(times),
    '## Peak memory',
    memoryTable(peaks),
  ];
  const options = { ...(await resolveConfig(RESULTS)), filepath: RESULTS };
  writeFileSync(RESULTS, await formatFile(results.join('\n\n'), options));
}
