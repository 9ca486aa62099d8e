import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { markdownTable } from 'markdown-table';
import { format, resolveConfig } from 'prettier';
import { ROOT } from './consumers.js';
import type { Result } from './rows.js';

/** The results as a table of Markdown. */
export function table(results: readonly Result[]): string {
  const rows = results.map(({ row, version, outcome, seconds }) => [
    ...[row, version, outcome, seconds.toFixed(1)],
  ]);
  const align = ['l', 'l', 'l', 'r'];
  return markdownTable([['row', 'version', 'outcome', 'seconds'], ...rows], { align });
}

/** What the rows of one version or bundler came to: how many passed, and whatever else they say. */
function outcomeOf(results: readonly Result[]): string {
  const [first] = results;
  if (results.length === 1 && first !== undefined) return first.outcome;
  const passing = results.filter(({ outcome }) => outcome === 'passes').length;
  const failing = results.filter(({ passed }) => !passed).length;
  const others = results
    .filter(({ outcome }) => outcome !== 'passes')
    .map(({ row, outcome }) => `${row.replace(/^.*?: /, '')}: ${outcome}`);
  return [`${passing} of ${passing + failing} pass`, ...others].join('; ');
}

/** A row for each version and bundler: what stands before the colon in its rows' names. */
function summary(results: readonly Result[]): string {
  const groups = new Map<string, Result[]>();
  for (const result of results) {
    const name = result.row.replace(/:.*/, '');
    groups.set(name, [...(groups.get(name) ?? []), result]);
  }
  const rows = [...groups].map(([name, group]) => [
    ...[name, group.find(({ version }) => version !== '')?.version ?? '', outcomeOf(group)],
  ]);
  return markdownTable([['', 'version', 'outcome'], ...rows]);
}

/** Writes docs/compatibility.md. */
export async function writePage(results: readonly Result[]): Promise<void> {
  const file = join(ROOT, 'docs', 'compatibility.md');
  const passed = results.filter((result) => result.passed).length;
  const day = new Date().toISOString().slice(0, 10);
  const text = `# Where it runs

In Node 20 and later, with TypeScript 5.9 and later, and in pages built by Vite, webpack or esbuild. On ${day}, on ${process.platform}-${process.arch}, ${passed} of ${results.length} checks passed:

${summary(results)}

npm installs the packed package into empty folders, as users do, and each check uses it there. The page is written by \`npm run test:matrix -- --write\`; don't edit it.

- **Node**: an app builds a model, plans it, predicts, saves and loads weights, and meets the error for a Keras file that doesn't fit; with \`import\` and with
  \`require\`, in plain JavaScript and with tfjs-node. \`resnet-heads/plan\` and the command line also run where TensorFlow.js isn't installed.
- **TypeScript**: programs that use every entry compile with \`strict\` and \`skipLibCheck\`, which TensorFlow.js's own types need. Lines with wrong types are refused.
- **Bundlers**: each builds the same app with its production defaults, and Chromium runs it without a request to another host. The size is what the page fetches, compressed, before it
  builds a model. webpack warns that it can't resolve \`echarts\`, which only charts need; the page works without it.

## Run it

\`\`\`sh
npm run test:matrix
npm run test:matrix -- --filter 'Node 24' --json
\`\`\`

It needs what \`npm test\` needs, and keeps each Node in \`~/.cache/resnet-heads/node\`, about 120 MB.
`;
  writeFileSync(file, await format(text, { ...(await resolveConfig(file)), filepath: file }));
}
