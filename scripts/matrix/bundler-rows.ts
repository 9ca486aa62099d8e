import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { visit } from './browser.js';
import { attempt } from './command.js';
import { type Consumers, copyWeights, installedVersion, WEIGHTS } from './consumers.js';
import { expected } from './expected.js';
import type { Finding, Row } from './rows.js';

const BYTES_PER_KB = 1000;

/**
 * What bundlers may warn of and go on: a package that isn't installed, or one of Node's modules, in place of
 * which Vite puts an empty one. The only one that may be missing is the peer that charts need.
 */
const MISSING = [
  /(?:can't resolve|could not resolve|failed to resolve import) ["'](?!echarts["'])/i,
  /Module "node:[^"]*" has been externalized/,
];

interface Bundler {
  readonly name: string;
  /** Its production defaults; entry and output are all that it is told. */
  readonly args: (out: string) => readonly string[];
  /** What the page loads; Vite writes the page itself. */
  readonly script?: string;
}

const BUNDLERS: readonly Bundler[] = [
  { name: 'vite', args: (out) => ['build', '--outDir', out] },
  {
    name: 'webpack',
    args: (out) => ['--mode', 'production', '--entry', './page.js', '--output-path', out],
    script: 'main.js',
  },
  {
    name: 'esbuild',
    args: (out) => ['page.js', '--bundle', '--minify', `--outdir=${out}`],
    script: 'page.js',
  },
];

const html = (script: string, attribute: string) =>
  `<!doctype html><title>resnet-heads</title><link rel="icon" href="data:,"><script ${attribute} src="/${script}"></script>`;

async function bundles(consumer: string, { name, args, script }: Bundler): Promise<Finding> {
  const root = join(consumer, name);
  const out = join(root, 'out');
  mkdirSync(root);
  copyFileSync(join(consumer, 'page.js'), join(root, 'page.js'));
  writeFileSync(join(root, 'index.html'), html('page.js', 'type="module"'));
  const program = join(consumer, 'node_modules', '.bin', name);
  const { code, stdout, stderr } = await attempt(program, args(out), { cwd: root });
  const said = `${stdout}${stderr}`;
  assert.equal(code, 0, `${name} ended with ${code}\n${said}`);
  for (const missing of MISSING) assert.doesNotMatch(said, missing);
  if (script !== undefined) writeFileSync(join(out, 'index.html'), html(script, 'defer'));
  copyWeights(out);

  const { address, report, startBytes, chromium } = await visit(out);
  assert.deepEqual(report, expected('cpu', `${address}${WEIGHTS}`));
  const size = `${(startBytes / BYTES_PER_KB).toFixed(0)} kB`;
  const version = `${installedVersion(consumer, name)}, Chromium ${chromium}`;
  return { version, outcome: `passes; ${size} at start, TensorFlow.js included` };
}

/** Each bundler makes a page that works, and asks for no other host. */
export function bundlerRows({ bundlers }: Consumers): Row[] {
  return BUNDLERS.map((bundler) => ({
    name: `Bundler ${bundler.name}`,
    needs: [bundlers],
    check: async () => bundles(await bundlers(), bundler),
  }));
}
