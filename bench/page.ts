import { readFileSync, writeFileSync } from 'node:fs';
import { format as formatFile, resolveConfig } from 'prettier';
import { type BarChart, drawBars } from '../src/report/chart/bars.js';
import type { ChartTheme } from '../src/report/chart/echarts.js';
import type { Part } from './cases.js';
import type { Measured, Ratio } from './measure.js';
import { aimTable, memoryRange, memoryTable, timeTable } from './tables.js';

const PAGE = 'docs/benchmarks.md';
/** Every pair; the page has those with an aim. */
const RESULTS = 'bench/results.md';
/** Between these stand the figures of a part. */
const marksOf = (part: Part): readonly [string, string] => [
  `<!-- figures: npm run bench -- --part ${part} --write -->`,
  `<!-- /figures: ${part} -->`,
];
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

/** Replaces what stands between a part's marks in a file. */
async function replacePart(path: string, part: Part, content: string): Promise<void> {
  const [begin, end] = marksOf(part);
  const page = readFileSync(path, 'utf8');
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${path}: expected ${begin} and ${end}, found none`);
  const text = `${page.slice(0, from + begin.length)}\n\n${content}\n\n${page.slice(to)}`;
  const options = { ...(await resolveConfig(path)), filepath: path };
  writeFileSync(path, await formatFile(text, options));
}

/** Draws the charts, which show models only. */
async function drawCharts(times: readonly Ratio[]): Promise<readonly string[]> {
  for (const theme of THEMES) {
    const options = { theme, width: WIDTH };
    const [predict, ratios] = [predictionBars(times, theme), ratioBars(times, theme)];
    writeFileSync(`docs/images/predict-${theme}.svg`, await drawBars(predict, options));
    writeFileSync(`docs/images/ratios-${theme}.svg`, await drawBars(ratios, options));
  }
  return [
    picture('predict', 'Milliseconds per picture, by what runs the model'),
    picture('ratios', 'Building, loading, extracting and training, each compared with others'),
  ];
}

/** Writes a part's figures, and its charts, into the page and the list of all results. */
export async function writePage(
  part: Part,
  { times, peaks }: Measured,
  versions: readonly string[],
): Promise<void> {
  const charts = part === 'models' ? await drawCharts(times) : [];
  const today = new Date().toISOString().slice(0, 'yyyy-mm-dd'.length);
  const taken = [`Measured on ${today}:`, '', ...versions.map((line) => `- ${line}`)].join('\n');
  // Which engine a page is better off with, and what more processes gain, are no aims of this package.
  const hasAims = part !== 'pages' && part !== 'shards';
  const table = hasAims ? aimTable(times) : timeTable(times);
  const shown = [taken, table, ...charts, memoryRange(peaks)].filter(Boolean);
  await replacePart(PAGE, part, shown.join('\n\n'));
  const memory = peaks.length === 0 ? [] : ['Peak memory:', memoryTable(peaks)];
  const all = [taken, timeTable(times), ...memory];
  await replacePart(RESULTS, part, all.join('\n\n'));
}
