import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { compareHeadsBy, relativeLoss, runsOf } from '../../examples/study/comparisons';
import { HEADS } from '../../examples/study/heads';
import { QUICK } from '../../examples/study/protocols';
import type { StudyResults } from '../../examples/study/results';

const root = join(__dirname, '..', '..');
const results = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as StudyResults;

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
      ['examples/study/main.ts', ...args],
      { cwd: root },
    );

  it('goes from pictures to tables, results and figures', async () => {
    const { stdout } = await run('--quick', '--out', out);
    expect(stdout).toContain('| flattened, dropout | 102,771,722 |');
    expect(readdirSync(out).sort()).toEqual([
      'digits.json',
      ...['accuracy', 'gap', 'shift'].flatMap((name) => [
        `study-${name}-dark.svg`,
        `study-${name}-light.svg`,
      ]),
    ]);
    const made = results(join(out, 'digits.json'));
    expect(made.runs).toHaveLength(QUICK.sizes.length * HEADS.length * QUICK.seeds.length);
    for (const head of HEADS) {
      const [first] = runsOf(made, head, 2);
      expect(first!.shifts.map(({ shift }) => shift)).toEqual([-32, -16, -8, 0, 8, 16, 32]);
      expect(relativeLoss(first!)).toBeLessThanOrEqual(1);
    }
    for (const { p } of compareHeadsBy(made, 'accuracy')) {
      expect(p).toBeGreaterThan(0);
      expect(p).toBeLessThanOrEqual(1);
    }
    expect(made.times.every(({ epochMs, predictMs }) => epochMs > 0 && predictMs > 0)).toBe(true);
  });

  it("wants a base for one's own pictures", async () => {
    await expect(run('--data', out)).rejects.toMatchObject({
      stderr: expect.stringContaining(
        'error: --data and --base: expected both or neither, got one; omit both to use digits',
      ) as string,
    });
  });
});
