/**
 * Draws which folders of src import which, types included, from the imports that are there:
 *
 *     tsx scripts/docs/layout.ts [--check]
 *
 * Writes docs/images/layout-light.svg and layout-dark.svg; with --check it writes nothing, and exits with 1 where they
 * are out of date. Files or folders that import each other in a circle are an error.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Graphviz } from '@hpcc-js/wasm-graphviz';
import { INK } from '../../src/report/chart/echarts.js';
import { circlesIn, grouped, importsIn } from './imports.js';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
const SRC = join(ROOT, 'src');
/** What users import or call, by its folder or file under src. */
const ENTRIES: Readonly<Record<string, string>> = {
  index: 'resnet-heads',
  plan: 'resnet-heads/plan',
  node: 'resnet-heads in Node',
  cli: 'npx resnet-heads',
};
/** In points, 72 an inch, which become pixels one by one. */
const FONT = 'fontname="Helvetica,Arial,sans-serif" fontsize=13';

/** A folder of src, or a file that lies there by itself. */
const partOf = (path: string): string => (path.split(sep)[0] ?? '').replace(/\.ts$/, '');

/** Whether everything uses it: a file that lies in src by itself and is no entry. An arrow from each folder to it would tell nothing. */
const isEverywhere = (part: string): boolean =>
  existsSync(join(SRC, `${part}.ts`)) && !(part in ENTRIES);

const files = importsIn(SRC);
const parts = grouped(files, partOf);

function arrows(): string[] {
  const found: string[] = [];
  for (const [from, targets] of parts) {
    for (const to of targets) {
      if (!isEverywhere(from) && !isEverywhere(to)) found.push(`"${from}" -> "${to}"`);
    }
  }
  return found.sort();
}

function draw(graphviz: Graphviz, theme: 'light' | 'dark'): string {
  const { text, lines } = INK[theme];
  const named = Object.entries(ENTRIES).map(
    ([part, name]) => `"${part}" [label="${name}" color="${text}" penwidth=2]`,
  );
  const graph = `digraph {
    bgcolor=transparent rankdir=TB nodesep=0.3 ranksep=0.35
    node [shape=box style=rounded margin="0.16,0.08" height=0.35 ${FONT} color="${lines}" fontcolor="${text}"]
    edge [color="${text}" arrowsize=0.6 penwidth=0.8]
    ${[...named, ...arrows()].join('\n')}
  }`;
  // Of two ways from one folder to another, only the longer is drawn.
  const svg = graphviz.dot(graphviz.tred(graph).out);
  return svg.slice(svg.indexOf('<svg'));
}

const isCheck = process.argv.includes('--check');
for (const circle of [...circlesIn(files), ...circlesIn(parts)]) {
  console.error(`src: expected no circle of imports, got ${circle.join(' → ')}`);
  process.exitCode = 1;
}
const graphviz = await Graphviz.load();
for (const theme of ['light', 'dark'] as const) {
  const path = join(ROOT, `docs/images/layout-${theme}.svg`);
  const svg = draw(graphviz, theme);
  if (!isCheck) writeFileSync(path, svg);
  else if (readFileSync(path, 'utf8') !== svg) {
    console.error(`${relative(ROOT, path)}: out of date; run npx tsx scripts/docs/layout.ts`);
    process.exitCode = 1;
  }
}
