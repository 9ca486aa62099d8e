import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const SCRIPT = join(__dirname, '../../scripts/test.mjs');
/** A tfjs-node whose library loads. */
const LOADS = `
  module.exports = { getBackend: () => 'tensorflow', matMul: () => ({ dataSync: () => [31] }) };`;
const FAILS = `throw new Error('tfjs_binding.node is not there')`;

/** Stands in for a program that works. */
const WORKS = '#!/bin/sh\nexit 0';
const WITHOUT_PIP = `#!/bin/sh
[ "$1" = -m ] && { echo "python3: No module named pip" >&2; exit 1; }
exit 0`;

let folder: string;
function write(path: string, text: string): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

/** A project with one test for each of jest's, and programs, by their names, as all that there is on its PATH. */
function furnish(module: string, programs: Readonly<Record<string, string>>): void {
  for (const name of ['unit', 'python', 'tensorflow']) {
    write(`${name}/a.test.js`, "it('runs', () => undefined);");
  }
  write(
    'jest.config.mjs',
    `const project = (displayName) => ({ displayName, transform: {}, roots: ['<rootDir>/' + displayName] });
     export default { cacheDirectory: ${JSON.stringify(join(folder, 'cache'))},
       projects: ['unit', 'python', 'tensorflow'].map(project) };`,
  );
  write('package.json', '{}');
  write('node_modules/@tensorflow/tfjs-node/package.json', '{ "version": "4.22.0" }');
  write('node_modules/@tensorflow/tfjs-node/index.js', module);
  mkdirSync(join(folder, 'bin'));
  for (const [name, text] of Object.entries(programs)) chmodSync(write(`bin/${name}`, text), 0o755);
}

/** Runs `npm test` there; `ran` has the projects whose tests passed. */
function npmTest(env: Readonly<Record<string, string>> = {}, ...args: string[]) {
  const report = join(folder, 'report.json');
  const { status, stderr } = spawnSync(
    process.execPath,
    [SCRIPT, '--json', `--outputFile=${report}`, ...args],
    {
      cwd: folder,
      encoding: 'utf8',
      env: { PATH: join(folder, 'bin'), XDG_CACHE_HOME: join(folder, 'cache'), ...env },
    },
  );
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
    testResults: { name: string; status: string }[];
  };
  const ran = testResults.map(
    ({ name, status: each }) => `${dirname(name).slice(folder.length + 1)} ${each}`,
  );
  return { status, ran: ran.sort(), last: stderr.trim().split('\n').at(-1) };
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'npm-test-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Elsewhere the library is never built here, so that no program is missing for it. */
const whereBuilt = `${process.platform}-${process.arch}` === 'linux-x64' ? it : it.skip;

const REMEDY = 'install python3 with pip, g++ and make';
const PIP = `python3 -m pip does not work: python3 ended with 1: python3: No module named pip`;

describe('npm test', () => {
  it('runs every project where tfjs-node loads and Python runs, in CI too', () => {
    furnish(LOADS, { python3: WORKS });
    const { status, ran, last } = npmTest({ CI: 'true' });
    expect([status, ran]).toEqual([0, ['python passed', 'tensorflow passed', 'unit passed']]);
    expect(last).not.toMatch(/left out/);
  });

  whereBuilt.each([
    ['pip', { python3: WITHOUT_PIP }, PIP],
    ['a compiler', { python3: WORKS }, 'g++ is not installed'],
    ['make', { python3: WORKS, 'g++': WORKS }, 'make is not installed'],
  ])('leaves out the project tensorflow without %s, and says so', (_, programs, reason) => {
    furnish(FAILS, programs);
    const line = `npm test: the project tensorflow was left out, as @tensorflow/tfjs-node does not load: ${reason}; ${REMEDY}`;
    const rest = ['python passed', 'unit passed'];
    expect(npmTest()).toEqual({ status: 0, ran: rest, last: line });
    expect(npmTest({ CI: '1' })).toEqual({ status: 1, ran: rest, last: `error: ${line}` });
    expect(npmTest({ CI: 'false' })).toMatchObject({ status: 0, last: line });
  });

  whereBuilt('names everything that it leaves out in one line', () => {
    furnish(FAILS, {});
    const { status, ran, last } = npmTest();
    expect([status, ran]).toEqual([0, ['unit passed']]);
    expect(last).toBe(
      `npm test: the project tensorflow was left out, as @tensorflow/tfjs-node does not load: python3 is not installed; ${REMEDY}; the project python was left out, as python3 does not run; install Python 3`,
    );
  });

  it('takes options and paths of jest, and ends with its exit code', () => {
    furnish(LOADS, {});
    write('unit/b.test.js', "it('fails', () => { throw new Error('on purpose'); });");
    expect(npmTest()).toMatchObject({
      status: 1,
      ran: ['tensorflow passed', 'unit failed', 'unit passed'],
    });
    expect(npmTest({}, 'unit/a')).toMatchObject({ status: 0, ran: ['unit passed'] });
    expect(npmTest({}, '--testPathPatterns=b.test')).toMatchObject({
      status: 1,
      ran: ['unit failed'],
    });
  });
});
