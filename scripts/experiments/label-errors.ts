/**
 * Measures `reviewLabels`: flips 5 % of the labels of each data set at random and compares what is flagged with what was flipped,
 * in 20 draws.
 *
 *     tsx scripts/experiments/label-errors.ts BACKBONE PICTURES…
 *
 * BACKBONE is a model whose input is scaled to [−1, 1]; PICTURES are folders with one subfolder per class. What is flagged without any flip is
 * listed at the end.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type LabelledPicture,
  loadBackbone,
  reviewLabels,
  useFastestBackend,
} from '../../src/node.js';
import { percent } from '../../src/numbers.js';
import { randomBy, shuffled } from '../../src/random.js';
import { drawTable } from '../../src/report/format/table.js';

const FLIPPED = 0.05;
const DRAWS = 20;
/** The rules were chosen with smaller seeds in view. */
const FIRST = 1000;

interface Labelled extends LabelledPicture {
  readonly picture: string;
  readonly label: string;
}

const within = (folder: string) => readdirSync(folder).map((name) => join(folder, name));

const read = (folder: string): Labelled[] =>
  readdirSync(folder).flatMap((label) =>
    within(join(folder, label)).map((picture) => ({ picture, label })),
  );

/** Gives some pictures another label, each other class with the same chance. */
function flip(pictures: readonly Labelled[], seed: number) {
  const classes = [...new Set(pictures.map(({ label }) => label))];
  const random = randomBy(seed);
  const chosen = shuffled(pictures.length, seed).slice(0, Math.round(pictures.length * FLIPPED));
  const labels = pictures.map((each) => ({ ...each }));
  const flipped = new Set<string>();
  for (const index of chosen) {
    const each = labels[index];
    if (each === undefined) continue;
    const others = classes.filter((name) => name !== each.label);
    labels[index] = { ...each, label: others[Math.floor(random() * others.length)] ?? '' };
    flipped.add(each.picture);
  }
  return { labels, flipped };
}

const [source = '', ...folders] = process.argv.slice(2);
await useFastestBackend();
const backbone = await loadBackbone(source, { preprocessing: 'tf' });
const cacheFolder = mkdtempSync(join(tmpdir(), 'label-errors-'));
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const range = (values: readonly number[]) =>
  `${percent(mean(values))} (${percent(Math.min(...values))} to ${percent(Math.max(...values))})`;
const rows: string[][] = [];
const unflipped: string[] = [];
try {
  for (const folder of folders) {
    const pictures = read(folder);
    const [precisions, recalls, flagged, times]: number[][] = [[], [], [], []];
    const clean = await reviewLabels(backbone, pictures, { cacheFolder });
    for (const { path = '', suggested, probability } of clean.suspicious) {
      unflipped.push(`${path}: ${suggested} (its label: ${percent(probability)})`);
    }
    for (let draw = 0; draw < DRAWS; draw++) {
      const { labels, flipped } = flip(pictures, FIRST + draw);
      const begun = performance.now();
      const { suspicious } = await reviewLabels(backbone, labels, { cacheFolder });
      times?.push((performance.now() - begun) / 1000);
      const hits = suspicious.filter(({ path = '' }) => flipped.has(path)).length;
      precisions?.push(hits / suspicious.length);
      recalls?.push(hits / flipped.size);
      flagged?.push(suspicious.length);
    }
    rows.push([
      ...[folder, String(pictures.length), String(clean.suspicious.length)],
      ...[mean(flagged ?? []).toFixed(1), range(precisions ?? []), range(recalls ?? [])],
      `${mean(times ?? []).toFixed(1)} s`,
    ]);
    console.log(rows.at(-1)?.join('  '));
  }
} finally {
  rmSync(cacheFolder, { recursive: true });
  backbone.dispose();
}
const titles = [
  'pictures',
  'number',
  'flagged, no flips',
  'flagged',
  'precision',
  'recall',
  'time',
];
console.log(drawTable({ columns: titles.map((title) => ({ title })), rows }, 'markdown'));
console.log(['', 'Flagged without flips:', ...unflipped].join('\n'));
