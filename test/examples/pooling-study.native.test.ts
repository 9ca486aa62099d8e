import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { HEADS } from '../../examples/pooling-study/heads';
import { QUICK } from '../../examples/pooling-study/protocol';
import { readStudy } from '../../examples/pooling-study/read-study';

const root = join(__dirname, '..', '..');

describe('npm run study', () => {
  let out = '';
  beforeAll(() => {
    out = mkdtempSync(join(tmpdir(), 'study-'));
  });
  afterAll(() => {
    rmSync(out, { recursive: true });
  });
  const run = (...args: string[]) =>
    promisify(execFile)(
      join(root, 'node_modules', '.bin', 'tsx'),
      ['examples/pooling-study/main.ts', '--out', out, ...args],
      { cwd: root },
    );
  const refused = async (args: string[], message: string) => {
    await expect(run(...args)).rejects.toMatchObject({
      stderr: expect.stringContaining(`error: ${message}`) as string,
    });
  };

  it('goes from pictures to runs, tables, a figure and verdicts', async () => {
    const { stdout } = await run('--quick', '--only', 'sides');
    expect(stdout).toMatch(
      /\| The pooled head is more accurate with few pictures\. +\| not supported +\|/,
    );
    expect(stdout).toMatch(/\d+ of \d+ published verdicts are reached\./);
    expect(readdirSync(out).sort()).toEqual([
      ...['differences-dark.svg', 'differences-light.svg', 'plan.json'],
      ...['sides.json', 'sides.parquet', 'tables.md'],
    ]);
    const [sides] = (await readStudy(out)).tasks;
    expect(sides?.runs).toHaveLength(QUICK.heads.length * QUICK.sizes.length * QUICK.seeds.length);
    expect(sides?.runs.every(({ rightShifted }) => rightShifted.length === 2)).toBe(true);
    const tables = readFileSync(join(out, 'tables.md'), 'utf8');
    expect(tables).toContain('| flattened, dropout | 102,771,722 |');
    expect(HEADS.filter((head) => !QUICK.heads.includes(head))).toHaveLength(3);

    const again = await run('--quick', '--only', 'sides');
    expect(again.stdout).toContain('Sides: runs left: 0');
    await refused(
      ['--only', 'sides'],
      `${join(out, 'plan.json')}: expected heads ["pooled","max",`,
    );
    const file = join(out, 'sides.json');
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace('"testPerClass":50', '"testPerClass":49'),
    );
    await refused(['--quick', '--only', 'sides'], `${file}: expected testPerClass 50, got 49`);
    // Trains 75 heads: a minute on an idle machine.
  }, 300_000);

  it.each([
    [['--only', 'dogs'], '--only: expected any of digits, sides, got "dogs"'],
    [['--quick', '--part', 'times'], '--part: expected heads, which is all that --quick runs'],
    [
      ['--data', 'nowhere'],
      '--data: expected a folder with any of cats-dogs, flowers, sign-digits',
    ],
    [['--weights', 'resnet.h5', '--part', 'end-to-end'], '--part: expected another one'],
  ])('refuses %j', async (args, message) => {
    await refused(args, message);
  });
});
