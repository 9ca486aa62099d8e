import { execFile } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import packageJson from '../../package.json';
import { softwareVulkan } from '../backends/software-vulkan';
import { cli } from '../setup/cli';
import { blocksIn, ROOT } from './blocks';
import { furnish, type Reader } from './reader';

const { scripts, peerDependencies, devDependencies } = packageJson;
/** What a reader may be told to install: this package, what it can be used with, and what it is tried with. */
const INSTALLABLE = ['resnet-heads', ...Object.keys({ ...peerDependencies, ...devDependencies })];

/** A line of a shell, without a comment; `a && b` are two. */
const lines = blocksIn('sh').flatMap(([title, { code }]) =>
  code
    .split(/\n|&&/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => [title, line] as const),
);

let reader: Reader;
const cwd = process.cwd();
const { XDG_CACHE_HOME } = process.env;
beforeAll(async () => {
  reader = await furnish();
  process.env['XDG_CACHE_HOME'] = join(reader.folder, 'cache');
  process.chdir(reader.folder);
});
afterAll(() => {
  process.chdir(cwd);
  if (XDG_CACHE_HOME === undefined) delete process.env['XDG_CACHE_HOME'];
  else process.env['XDG_CACHE_HOME'] = XDG_CACHE_HOME;
  rmSync(reader.folder, { recursive: true });
});

async function runProcess(args: readonly string[]): Promise<void> {
  const main = join(ROOT, 'src/cli/main.ts');
  const env = { ...process.env, ...(await softwareVulkan()) };
  await promisify(execFile)(join(ROOT, 'node_modules/.bin/tsx'), [main, ...args], { env });
}

/** The command line runs as it stands; but for the download, for which weights at hand are named. */
async function runOurs(args: string[]): Promise<void> {
  if (args[0] === 'doctor') {
    // It starts itself again for each backend, so that it needs its own script.
    await runProcess(args);
    return;
  }
  const hasBackbone = ['--backbone', '--from', '--features'].some((flag) => args.includes(flag));
  const downloads = /^(train|review)$/.test(args[0] ?? '') && !hasBackbone;
  const own = downloads
    ? ['--backbone', reader.weights, '--preprocessing', 'caffe', '--input', '32']
    : [];
  const named = args.map((each) => (each === 'keras/resnet50' ? reader.imagenet : each));
  if (args.includes('onnxruntime-webgpu')) {
    // A process finds the Vulkan loader by its environment, when it starts.
    await runProcess([...named, ...own]);
    return;
  }
  const { code, err } = await cli(...named, ...own);
  // Which engine it was depends on the machine.
  // On a busy machine, progress is told.
  const said = err.replaceAll(/^[a-z ]+: \d+ of \d+ (pictures|epochs|fits).*\n/gm, '');
  expect([code, said.replace(/^computed by .*\n$/, '')]).toEqual([0, '']);
}

/** What of npm's is told: it is known that the packages and scripts are there. */
function checkNpm([command = '', ...rest]: string[]): void {
  const names = rest.filter((each) => !each.startsWith('-'));
  if (command === 'install') {
    expect(names).not.toEqual([]);
    for (const name of names) expect(INSTALLABLE).toContain(name);
  } else if (command === 'run') expect(Object.keys(scripts)).toContain(names[0]);
  else
    expect([['ci'], ['test'], ['init', '-y'], ['pkg', 'set', 'type=module']]).toContainEqual([
      command,
      ...rest,
    ]);
}

/** Some commands measure this machine, or compute on a GPU that the processor imitates. */
const TIMEOUT_MS = 300_000;

describe('the commands in the documentation', () => {
  it.each(lines)(
    '%s: %s',
    async (_, line) => {
      // Words and words in quotes.
      const words = [...line.matchAll(/'([^']*)'|\S+/g)].map(([whole, quoted]) => quoted ?? whole);
      const [program, ...rest] = words;
      if (program === 'npx' && rest[0] === 'resnet-heads') await runOurs(rest.slice(1));
      else if (program === 'npm') checkNpm(rest);
      else if (program === 'tail') await promisify(execFile)('sh', ['-c', line]);
      else if (program === 'bash') expect(existsSync(join(ROOT, rest[0] ?? ''))).toBe(true);
      else
        throw new Error(
          `${line}: expected npx resnet-heads, npm, tail or bash; teach this test the other`,
        );
    },
    TIMEOUT_MS,
  );
});
