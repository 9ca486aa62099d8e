import { readFileSync, writeFileSync } from 'node:fs';
import { type Bars, drawBars } from './chart.js';
import type { Case } from './case.js';
import { cases } from './cases.js';
import type { Measured, Ratio } from './measure.js';
import { memoryTable, timeTable } from './tables.js';

const PAGE = 'docs/benchmarks.md';
const [BEGIN, END] = ['<!-- figures: npm run bench -- --write -->', '<!-- /figures -->'];
const THEMES = ['light', 'dark'] as const;
const BATCHES = [1, 8] as const;

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

function predictionBars(times: readonly Ratio[]): Bars {
  const found = BATCHES.map((batch) =>
    milliseconds(times.filter(({ case: name }) => name.endsWith(`batch ${batch}`))),
  );
  const [alone = new Map<string, number>()] = found;
  const labels = [...alone].sort(([, a], [, b]) => a - b).map(([name]) => name);
  return {
    title: 'Milliseconds for a picture',
    subtitle: 'a pooled ResNet-50 at 224 × 224, medians; log scale; less is better',
    labels,
    series: BATCHES.map((batch, i) => ({
      name: batch === 1 ? 'one picture at a time' : `${batch} at a time`,
      values: labels.map((name) => {
        const ms = found[i]?.get(name);
        return ms === undefined ? undefined : ms / batch;
      }),
    })),
  };
}

function ratioBars(times: readonly Ratio[]): Bars {
  const shown = times.filter(({ case: name }) => !/^(plan|predict)/.test(name));
  return {
    title: 'Time taken, as a part of the peer’s',
    subtitle: 'ratios of medians; log scale; below 1 this package is faster',
    labels: shown.map(({ case: name, peer }) => `${name.split(',')[0]} / ${peer}`),
    series: [{ name: 'ratio', values: shown.map(({ ratio }) => ratio) }],
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
    writeFileSync(`docs/images/predict-${theme}.svg`, await drawBars(predictionBars(times), theme));
    writeFileSync(`docs/images/ratios-${theme}.svg`, await drawBars(ratioBars(times), theme));
  }
  const today = new Date().toISOString().slice(0, 'yyyy-mm-dd'.length);
  const figures = [
    [`Taken on ${today}:`, '', ...versions.map((line) => `- ${line}`)].join('\n'),
    picture('predict', 'Milliseconds for a picture, by what runs the model'),
    picture('ratios', 'Building, loading, extracting and training beside their peers'),
    timeTable(times),
    '## Memory',
    'The most memory that was resident in a process which did this twice and nothing else, its libraries included.',
    memoryTable(peaks),
  ].join('\n\n');
  writeFileSync(PAGE, `${page.slice(0, begin + BEGIN.length)}\n\n${figures}\n\n${page.slice(end)}`);
}
