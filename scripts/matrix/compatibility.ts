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

/** Writes docs/compatibility.md. */
export async function writePage(results: readonly Result[]): Promise<void> {
  const file = join(ROOT, 'docs', 'compatibility.md');
  const passed = results.filter((result) => result.passed).length;
  const day = new Date().toISOString().slice(0, 10);
  const text = `# Where it runs

On ${day}, on ${process.platform}-${process.arch}, ${passed} of ${results.length} rows held. This page is written by a script; don't edit it.

${table(results)}

The package is packed once, npm installs it into empty folders as its users would, and each row uses it there.

- **Node**: the newest version of each release line, and the newest of all. An app builds a model, plans it, predicts, saves and loads weights,
  and reads a Keras file that doesn't fit, of which it expects the whole text of the error; once with \`import\` and once with \`require\`, on
  plain JavaScript and on TensorFlow. \`/plan\` and the command line run where TensorFlow.js isn't installed.
- **TypeScript**: all entries, used with their types, \`strict\` and \`skipLibCheck\` (TensorFlow.js's own types need it). Some lines have to be refused.
- **Bundler**: the same app, on plain JavaScript, through the production defaults of each, told no more than entry and output; then run in Chromium, where a
  request to any other host fails the row. The size is all that the page fetches, compressed, before it builds a model. webpack warns that it
  can't resolve \`echarts\`, which only charts need; without it the page works.

## Run it

\`\`\`sh
npm run test:matrix
npm run test:matrix -- --filter 'Node 24' --json
npm run test:matrix -- --write
\`\`\`

It needs what \`npm test\` needs. The Nodes are kept in \`~/.cache/resnet-heads/node\`, some 120 MB each. \`--write\` writes this page.
`;
  writeFileSync(file, await format(text, { ...(await resolveConfig(file)), filepath: file }));
}
