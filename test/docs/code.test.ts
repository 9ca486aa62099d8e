import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(__dirname, '..');
const PAGES = [
  'README.md',
  'docs/analysis.md',
  'docs/backends.md',
  'docs/export.md',
  'docs/heads.md',
  'docs/training.md',
  'docs/weights.md',
];
/** Within the repository, so that imports find the package and its peers; git doesn't see it. */
const CACHE = join(root, '.cache');

const blocks = PAGES.flatMap((page) => {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(
    ([, code], i) => [`${page}, block ${i + 1}`, code ?? ''] as const,
  );
});

const fileName = (title: string) => `${title.replaceAll(/\W+/g, '-')}.mts`;

describe('the code in the documentation', () => {
  let folder = '';
  beforeAll(() => {
    mkdirSync(CACHE, { recursive: true });
    folder = mkdtempSync(join(CACHE, 'docs-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('is there', () => {
    expect(blocks).toHaveLength(16);
  });

  it('compiles', async () => {
    for (const [title, code] of blocks) writeFileSync(join(folder, fileName(title)), code);
    const paths = {
      'resnet-heads': ['../../src/index.ts'],
      'resnet-heads/plan': ['../../src/plan.ts'],
      'resnet-heads/node': ['../../src/node/index.ts'],
    };
    const config = {
      extends: '../../tsconfig.json',
      compilerOptions: { paths },
      include: ['.', '../../src/**/*.d.ts'],
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const tsc = join(root, 'node_modules', '.bin', 'tsc');
    const result = await promisify(execFile)(tsc, ['-p', folder]).catch(
      (error: unknown) => error as { stdout: string },
    );
    expect(result.stdout).toBe('');
  });

  it.each(blocks)('runs and prints what it says: %s', async (title, code) => {
    const file = join(folder, fileName(title));
    writeFileSync(file, code);
    const tsx = join(root, 'node_modules', '.bin', 'tsx');
    const { stdout } = await promisify(execFile)(tsx, [file], { cwd: root });
    const said = [...code.matchAll(/^\/\/ → (.*)$/gm)].map(([, line]) => line);
    expect(said.length).toBeGreaterThan(0);
    // tfjs advertises its Node backend on the way; what the code prints comes in lines of its own.
    const printed = stdout.split('\n').filter((line) => said.includes(line));
    expect(printed).toEqual(said);
  });
});
