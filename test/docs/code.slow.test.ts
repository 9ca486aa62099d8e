import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BLOCKS, blocksIn } from './blocks';
import { furnish, type Reader } from './reader';
import { bin, blocks, expectPrinted, isNative, run, writeBlocks } from './run-blocks';

/** Languages of blocks, with what holds them: another test here, or a reason why nothing has to. */
const HELD: Readonly<Record<string, string>> = {
  ts: 'below, and in code.native.test.ts',
  python:
    'code.python.test.ts: it compiles; npm run test:parity runs what it says of exported files',
  json: 'below',
  sh: 'commands.slow.test.ts',
  html: 'pages.slow.test.ts',
  js: 'pages.slow.test.ts',
  text: 'what is printed, or lies in a folder',
};

describe('the code in the documentation', () => {
  let reader: Reader;
  beforeAll(async () => {
    reader = await furnish();
    writeBlocks(reader);
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

  it.each(blocks.filter(([, block]) => !isNative(block)))(
    'runs and prints what it says: %s',
    async (title, block) => {
      await expectPrinted(reader.folder, title, block);
    },
  );

  it.each(blocksIn('json'))('is JSON: %s', (_, { code }) => {
    expect(() => JSON.parse(code) as unknown).not.toThrow();
  });
});
