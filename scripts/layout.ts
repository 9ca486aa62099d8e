/**
 * Draws which folders of src import which, from the imports that are there:
 *
 *     tsx scripts/layout.ts [--check]
 *
 * Writes docs/images/layout-light.svg and layout-dark.svg; with --check it writes nothing, and exits with 1 where they
 * are out of date.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Graphviz } from '@hpcc-js/wasm-graphviz';
import ts from 'typescript';
import { INK } from '../src/chart/echarts.js';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const SRC = join(ROOT, 'src');
/** What everything uses, and package.json: an arrow from each folder to them would tell nothing. */
const EVERYWHERE = ['errors', 'printable', 'random', 'event-loop', 'sha256', '..'];
/** What users import or call, by its folder or file under src. */
const ENTRIES: Readonly<Record<string, string>> = {
  index: 'resnet-heads',
  plan: 'resnet-heads/plan',
  node: 'resnet-heads/node',
  cli: 'npx resnet-heads',
};
/** In points, 72 an inch, which become pixels one by one. */
const FONT = 'fontname="Helvetica,Arial,sans-serif" fontsize=13';

/** A folder of src, or a file that lies there by itself. */
const partOf = (path: string): string =>
  (relative(SRC, path).split(sep)[0] ?? '').replace(/\.[jt]s$/, '');

/** What a file imports of this package when it runs; types are gone by then. */
function importsOf(path: string): string[] {
  const compilerOptions = { target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: true };
  const { outputText } = ts.transpileModule(readFileSync(path, 'utf8'), { compilerOptions });
  return ts
    .preProcessFile(outputText, true, true)
    .importedFiles.filter(({ fileName }) => fileName.startsWith('.'))
    .map(({ fileName }) => partOf(join(dirname(path), fileName)));
}

function arrows(): string[] {
  const found = new Set<string>();
  for (const name of readdirSync(SRC, { recursive: true, encoding: 'utf8' }).sort()) {
    if (!name.endsWith('.ts')) continue;
    const from = partOf(join(SRC, name));
    for (const to of importsOf(join(SRC, name))) {
      if (from === to || [from, to].some((part) => EVERYWHERE.includes(part))) continue;
      found.add(`"${from}" -> "${to}"`);
    }
  }
  return [...found].sort();
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
const graphviz = await Graphviz.load();
for (const theme of ['light', 'dark'] as const) {
  const path = join(ROOT, `docs/images/layout-${theme}.svg`);
  const svg = draw(graphviz, theme);
  if (!isCheck) writeFileSync(path, svg);
  else if (readFileSync(path, 'utf8') !== svg) {
    console.error(`${relative(ROOT, path)}: out of date; run npx tsx scripts/layout.ts`);
    process.exitCode = 1;
  }
}
