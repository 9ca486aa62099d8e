import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { softwareVulkan } from '../backends/software-vulkan';
import { BLOCKS, blocksIn, ROOT } from './blocks';
import { furnish, offline, type Reader } from './reader';

const run = promisify(execFile);
const blocks = blocksIn('ts');
const fileName = (title: string) => `${title.replaceAll(/\W+/g, '-')}.mts`;
const bin = (name: string) => join(ROOT, 'node_modules/.bin', name);

/** Languages of blocks, with what holds them: another test here, or a reason why nothing has to. */
const HELD: Readonly<Record<string, string>> = {
  ts: 'below',
  python: 'below: it compiles; npm run test:parity runs what it says of exported files',
  json: 'below',
  sh: 'commands.test.ts',
  html: 'pages.test.ts',
  js: 'pages.test.ts',
  text: 'what is printed, or lies in a folder',
};

/** Lines that are said to be printed and aren't, in this order; `…` stands for what differs from run to run. */
function missing(said: readonly string[], printed: readonly string[]): string[] {
  let next = 0;
  return said.filter((line) => {
    const parts = line
      .split('…')
      .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`));
    const pattern = new RegExp(`^${parts.join('.+')}$`);
    const at = printed.findIndex((each, i) => i >= next && pattern.test(each));
    if (at !== -1) next = at + 1;
    return at === -1;
  });
}

describe('the code in the documentation', () => {
  let reader: Reader;
  beforeAll(async () => {
    reader = await furnish();
    for (const [title, { code }] of blocks) {
      writeFileSync(join(reader.folder, fileName(title)), offline(code, reader));
    }
  });
  afterAll(() => {
    rmSync(reader.folder, { recursive: true });
  });

  it('is in a language that a test knows', () => {
    const unknown = BLOCKS.filter(({ language }) => !(language in HELD));
    expect(unknown.map(({ page, number, language }) => [page, number, language])).toEqual([]);
    expect(blocks.length).toBeGreaterThan(20);
  });

  it('compiles', async () => {
    const paths = {
      'resnet-heads': ['../../src/node.ts'],
      'resnet-heads/plan': ['../../src/plan.ts'],
    };
    const config = {
      extends: '../../tsconfig.json',
      compilerOptions: { paths, noUnusedLocals: false },
      include: ['.', '../../src/**/*.d.ts'],
    };
    writeFileSync(join(reader.folder, 'tsconfig.json'), JSON.stringify(config));
    const result = await run(bin('tsc'), ['-p', reader.folder]).catch(
      (error: unknown) => error as { stdout: string },
    );
    expect(result.stdout).toBe('');
  });

  it.each(blocks)('runs and prints what it says: %s', async (title, { code }) => {
    const file = join(reader.folder, fileName(title));
    // loadWebgpu needs a driver, which a machine without a GPU lacks.
    const env = { ...process.env, ...(await softwareVulkan()) };
    const { stdout } = await run(bin('tsx'), [file], { cwd: reader.folder, env });
    const said = [...code.matchAll(/^\/\/ → (.*)$/gm)].map(([, line = '']) => line);
    expect(said.length).toBeGreaterThan(0);
    // tfjs advertises its Node backend on the way; what the code prints comes in lines of its own.
    expect(missing(said, stdout.split('\n'))).toEqual([]);
  });

  it.each(blocksIn('json'))('is JSON: %s', (_, { code }) => {
    expect(() => JSON.parse(code) as unknown).not.toThrow();
  });

  it.each(blocksIn('python'))('compiles as Python: %s', async (title, { code }) => {
    const file = join(reader.folder, `${basename(fileName(title), '.mts')}.py`);
    writeFileSync(file, code);
    await run('python3', ['-m', 'py_compile', file]);
  });
});
