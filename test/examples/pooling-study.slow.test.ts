import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { claimRows } from '../../examples/pooling-study/claim-table';
import { countsOf, verdictOf } from '../../examples/pooling-study/claims';
import { compareHeads } from '../../examples/pooling-study/comparisons';
import { keepFacts } from '../../examples/pooling-study/facts';
import { withFolder } from '../../examples/pooling-study/folder-lock';
import { blocksOfPersons } from '../../examples/pooling-study/tasks/persons';
import { drawCell, type Pool } from '../../examples/pooling-study/draws';
import { HEADS } from '../../examples/pooling-study/heads';
import { cellsOf, FULL } from '../../examples/pooling-study/protocol';
import { keyOf, type Run } from '../../examples/pooling-study/results';
import {
  holm,
  medianWithin,
  overBoth,
  overSeeds,
  pOf,
  powerOf,
  quantile,
  signFlipTest,
  within,
} from '../../examples/pooling-study/statistics';
import { timeFindings } from '../../examples/pooling-study/other-claims';
import { timeTable } from '../../examples/pooling-study/other-tables';
import { drawDifferences } from '../../examples/pooling-study/figures';
import { completeRuns, readStudy } from '../../examples/pooling-study/read-study';
import { Records } from '../../examples/pooling-study/records';
import { allTables, fillPage } from '../../examples/pooling-study/page';
import {
  factsText,
  packed,
  readFacts,
  readRuns,
  unpacked,
  writeRuns,
} from '../../examples/pooling-study/store';
import { readTimes, roundsOf } from '../../examples/pooling-study/times';
import { varied, VARIANTS } from '../../examples/pooling-study/variants';

describe('statistics', () => {
  it("has Student's t: critical values of the NIST/SEMATECH e-Handbook, 1.3.6.7.2", () => {
    const critical = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];
    critical.forEach((t, i) => {
      expect(quantile(0.95, i + 1)).toBeCloseTo(t, 3);
      expect(within(t, i + 1)).toBeCloseTo(0.95, 4);
    });
    expect(quantile(0.99, 9)).toBeCloseTo(3.25, 2);
  });

  it('tests pairs: mean 3 of 1 to 5 is 4.243 standard errors from 0', () => {
    // scipy.stats.ttest_1samp([1, 2, 3, 4, 5], 0).pvalue
    expect(pOf(overSeeds([1, 2, 3, 4, 5]))).toBeCloseTo(0.0132, 4);
    expect(pOf(overSeeds([1]))).toBe(1);
    expect(pOf(overSeeds([0, 0]))).toBe(1);
    expect(pOf(overSeeds([2, 2]))).toBe(0);
    expect(pOf(overSeeds([-1, 1]))).toBeCloseTo(1, 10);
    // The end of the interval is where p is 0.05.
    const { low } = overBoth([1, 2, 3, 4, 5], [0, 6]);
    expect(
      pOf(
        overBoth(
          [1, 2, 3, 4, 5].map((each) => each - low),
          [-low, 6 - low],
        ),
      ),
    ).toBeCloseTo(0.05, 6);
  });

  it('gives intervals over seeds, and wider ones over seeds and pictures', () => {
    const { mean, low, high } = overSeeds([1, 2, 3, 4, 5]);
    expect([mean, low, high].map((each) => each.toFixed(3))).toEqual(['3.000', '1.037', '4.963']);
    const both = overBoth([1, 2, 3, 4, 5], [0, 6]);
    // √(2.5 / 5 + 18 / 2)
    expect(both.error).toBeCloseTo(3.082, 3);
    expect(both.mean).toBe(3);
  });

  it('gives medians with the interval of the sign test: of ten values, the second and the ninth', () => {
    const values = [3, 1, 4, 10, 5, 9, 2, 6, 8, 7];
    expect(medianWithin(values)).toEqual({ mean: 5.5, low: 2, high: 9 });
    expect(medianWithin([...values.slice(0, -1), 1000])).toMatchObject({ low: 2, high: 10 });
    expect(medianWithin([1, 2, 3, 4, 5, 6])).toEqual({ mean: 3.5, low: 1, high: 6 });
    expect(medianWithin([1, 2, 3, 4, 5])).toEqual({ mean: 3, low: NaN, high: NaN });
  });

  it('flips signs: of five equal differences, two of 32 draws are as far out', () => {
    expect(signFlipTest([1, 1, 1, 1, 1])).toBeCloseTo(2 / 32, 2);
    expect(signFlipTest([0.2, 0.2, 0.2, -0.6])).toBe(1);
    expect(signFlipTest(Array<number>(40).fill(0.1))).toBeLessThan(0.001);
  });

  it("corrects by Holm as R's p.adjust does", () => {
    const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
    expect(adjusted.map((p) => Number(p.toFixed(6)))).toEqual([0.03, 0.06, 0.06, 0.02]);
  });

  it('knows the power: with ten seeds, 80 % for 3.15 standard errors', () => {
    // scipy.stats.t.ppf(0.975, 9) + scipy.stats.t.ppf(0.8, 9), and 0.0002 for the other side
    expect(powerOf({ error: 1, df: 9 }, 3.145561).ofDifference).toBeCloseTo(0.8002, 4);
    expect(powerOf({ error: 0.01, df: 9 }, 0.02).detectable).toBeCloseTo(0.03145561, 6);
    expect(powerOf({ error: 1, df: 9 }, 0).ofDifference).toBeCloseTo(0.05, 6);
    // With Bonferroni's correction for ten tests, the level of each is 0.005.
    expect(powerOf({ error: 1, df: 9 }, 0, 10).ofDifference).toBeCloseTo(0.005, 6);
  });
});

describe('draws', () => {
  const labels = Int32Array.from({ length: 120 }, (_, i) => i % 3);
  const pool: Pool = { labels, testPerClass: 10, trainPerClass: 24 };
  const cell = { condition: 'plain', size: 20, seed: 1 } as const;

  it('trains and tests on different pictures, as many of each class', () => {
    const { train, trainLabels, test } = drawCell(pool, cell);
    const count = (list: Int32Array) => [0, 1, 2].map((c) => list.filter((l) => l === c).length);
    expect(count(trainLabels)).toEqual([20, 20, 20]);
    expect(count(test.map((i) => labels[i]!))).toEqual([10, 10, 10]);
    expect(new Set([...train, ...test]).size).toBe(90);
    expect(drawCell(pool, cell)).toEqual(drawCell(pool, cell));
    expect(drawCell(pool, { ...cell, seed: 2 }).test).not.toEqual(test);
  });

  it('tests all sizes on the same pictures, and nests training sets', () => {
    const small = drawCell(pool, { ...cell, size: 5 });
    const large = drawCell(pool, { ...cell, size: 'all' });
    expect(small.test).toEqual(large.test);
    expect([...small.train].every((i) => large.train.includes(i))).toBe(true);
    expect(large.train).toHaveLength(72);
  });

  it('keeps the pictures of a block on one side', () => {
    const blocks = Int32Array.from(labels, (_, i) => Math.floor(i / 6));
    const { train, test } = drawCell({ ...pool, blocks }, cell);
    const of = (list: Int32Array) => new Set([...list].map((i) => blocks[i]));
    expect([...of(train)].filter((block) => of(test).has(block))).toEqual([]);
  });

  it('changes a fifth of the training labels, each to another class', () => {
    const noisy = drawCell(pool, { ...cell, condition: 'noise' });
    const changed = [...noisy.train].filter((i, at) => labels[i] !== noisy.trainLabels[at]);
    expect(changed).toHaveLength(12);
    expect(noisy.test).toEqual(drawCell(pool, cell).test);
  });

  it('says which class has too few pictures', () => {
    expect(() => drawCell({ ...pool, trainPerClass: 31 }, { ...cell, size: 'all' })).toThrow(
      'class 0: too few pictures for all per class',
    );
  });

  it('leaves out sizes that are more than half of all', () => {
    expect(new Set(cellsOf(FULL, 56).map(({ size }) => size))).toEqual(new Set([5, 20, 'all']));
    expect(cellsOf(FULL, 142)).toHaveLength(5 * FULL.seeds.length);
  });
});

describe('changes of pictures', () => {
  const picture = tf.range(0, 28).reshape([1, 1, 28, 1]).tile<tf.Tensor4D>([1, 28, 1, 3]);
  const rowOf = (images: tf.Tensor) => Array.from(images.dataSync()).filter((_, i) => i % 3 === 0);

  it.each([...VARIANTS])('keeps the size: %s', (variant) => {
    const changed = varied(picture, variant);
    expect(changed.shape).toEqual(picture.shape);
    changed.dispose();
  });

  it('shifts by a share of the width, and repeats the edge', () => {
    const row = rowOf(varied(picture, 'right 1/7')).slice(0, 28);
    expect(row.slice(0, 6)).toEqual([0, 0, 0, 0, 0, 1]);
    expect(rowOf(varied(picture, 'left 1/28')).slice(26, 28)).toEqual([27, 27]);
    expect(() => varied(picture, 'up')).toThrow('variant: expected a known one, got "up"');
  });
});

describe('verdicts', () => {
  const effect = (mean: number) => ({ mean, low: mean - 1, high: mean + 1, error: 1, df: 9 });
  const finding = (mean: number, isSure = true) => ({ name: '', effect: effect(mean), isSure });

  it.each([
    ['supported', '3/0/3', [3, 2, 4], []],
    ['supported', '2/0/3', [3, 2], [-9]],
    ['mixed', '1/0/3', [3], [2, 4]],
    ['mixed', '2/1/3', [3, 2, -4], []],
    ['not supported', '0/1/2', [-3], [4]],
    ['not supported', '0/0/2', [], [4, 4]],
    ['not tested', '', [], []],
  ])('%s %s: sure %j, not sure %j', (verdict, counts, sure, others) => {
    const findings = [
      ...sure.map((each) => finding(each)),
      ...others.map((e) => finding(e, false)),
    ];
    expect(verdictOf(findings)).toBe(verdict);
    expect(countsOf(findings)).toBe(counts);
  });
});

describe('persons', () => {
  it('stay in one block of five, wherever their files are listed', () => {
    // 7 persons with the digits 0, 1 and 2; the third has no 0.
    const files = Array.from({ length: 21 }, (_, i) => ({
      name: `IMG_${100 + i}.JPG`,
      label: i % 3,
    }))
      .filter((_, i) => i !== 6)
      .sort((a, b) => a.label - b.label);
    const blocks = blocksOfPersons(files);
    for (const [i, { name }] of files.entries()) {
      const person = Math.floor((Number(name.slice(4, 7)) - 100) / 3);
      expect(blocks[i]).toBe(Math.floor(person / 5));
    }
  });

  it('are what is drawn, so that one person’s pictures count as one', () => {
    const labels = Int32Array.from({ length: 120 }, (_, i) => i % 3);
    const alone: Pool = { labels, testPerClass: 20, trainPerClass: 10 };
    const blocks = Int32Array.from(labels, (_, i) => Math.floor(i / 6));
    // The second head misses the pictures of some persons.
    const runsWith = (pool: Pool) =>
      [1, 2, 3, 4, 5, 6].flatMap((seed) => {
        const { test } = drawCell(pool, { condition: 'plain', size: 5, seed });
        return HEADS.map((head) => {
          const right = [...test].map((i) => head === 'pooled' || Math.floor(i / 6) % 4 !== 0);
          return { ...({ condition: 'plain', size: 5, seed, head, task: 'made' } as Run), right };
        });
      });
    const [block] = compareHeads(
      { pool: { ...alone, blocks }, runs: runsWith({ ...alone, blocks }) },
      'accuracy',
    );
    const [single] = compareHeads({ pool: alone, runs: runsWith(alone) }, 'accuracy');
    expect(block!.effect.error).toBeGreaterThan(1.5 * single!.effect.error);
  });
});

describe('a folder', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'folder-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('is one process’s at a time, and not a dead one’s', async () => {
    const done: string[] = [];
    const work = (name: string) => () => Promise.resolve(void done.push(name));
    await withFolder(folder, async () => {
      await expect(withFolder(folder, work('second'))).rejects.toThrow(
        `process ${process.pid} writes`,
      );
    });
    writeFileSync(join(folder, '.lock'), '999999999');
    await withFolder(folder, work('third'));
    expect(done).toEqual(['third']);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is not taken over with an empty lock, which may be being written', async () => {
    const lock = join(folder, '.lock');
    writeFileSync(lock, '');
    await expect(withFolder(folder, () => Promise.resolve())).rejects.toThrow(
      `${lock}: expected the number of a process, got ""`,
    );
    rmSync(lock);
  });

  it('has results of one kind', async () => {
    const file = join(folder, 'plan.json');
    await expect(keepFacts(file, { a: 1 }, true)).rejects.toThrow('got no such file');
    await keepFacts(file, { a: 1, b: [2] }, false);
    await keepFacts(file, { a: 1, b: [2] }, true);
    await expect(keepFacts(file, { a: 1 }, true)).rejects.toThrow(
      `${file}: expected b none, got [2]; choose another --out`,
    );
    writeFileSync(file, '{');
    await expect(keepFacts(file, {}, true)).rejects.toThrow(`${file}: expected JSON`);
  });
});

describe('records', () => {
  it('keep each run, and go on', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'records-'));
    const file = join(folder, 'runs.json');
    const open = () => Records.open<{ name: string }>(file, ({ name }) => name);
    const records = await open();
    await records.add({ name: 'a' });
    await records.add({ name: 'b' });
    expect((await open()).has('b')).toBe(true);
    expect((await open()).has('c')).toBe(false);
    expect(readdirSync(folder)).toEqual(['runs.json']);
    writeFileSync(file, '[{');
    await expect(open()).rejects.toThrow(`${file}: expected records as JSON`);
    rmSync(folder, { recursive: true });
  });
});

const timesOf = (head: string, rounds: number) => {
  const ms = Array.from({ length: rounds }, (_, i) => i + 1);
  return { head, predictMs: ms, trainStepMs: ms };
};

describe('runs in a file', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'pooling-study-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const run = (head: Run['head'], seed: number, wrong: number): Run => ({
    ...{ task: 'made', head, condition: 'plain', size: 'all', seed },
    ...{ trainAccuracy: 1, accuracy: 1 - wrong / 30, loss: 0.5, changed: { mirror: 0.5 } },
    ...{ calibrationBefore: 0.25, calibration: 0.125, temperature: 1.5, epochs: 30, seconds: 2 },
    right: Array.from({ length: 30 }, (_, i) => i >= wrong),
    rightShifted: [Array<boolean>(30).fill(true), Array<boolean>(30).fill(false)],
  });

  it('reads what was written, and leaves no draft', async () => {
    const runs = [run('pooled', 1, 3), run('flattened', 1, 17)];
    const file = join(folder, 'made.parquet');
    expect(await readRuns(file)).toEqual([]);
    await writeRuns(file, runs);
    const read = await readRuns(file);
    expect(read).toEqual(runs);
    expect(read.map(keyOf)).toEqual(['made/pooled/plain/all/1', 'made/flattened/plain/all/1']);
    expect(readdirSync(folder)).toEqual(['made.parquet']);
  });

  it('packs an answer into a bit', () => {
    const answers = [true, false, false, true, true, false, true, false, true];
    expect([...packed(answers)]).toEqual([0b10011010, 0b10000000]);
    expect(unpacked(packed(answers), 9)).toEqual(answers);
  });

  const wrong = { pooled: 3, flattened: 15 } as Readonly<Record<string, number>>;
  const runs = [1, 2, 3, 4, 5, 6].flatMap((seed) =>
    HEADS.map((head) => run(head, seed, head === 'pooled' ? 3 : (wrong[head] ?? 4) + (seed % 2))),
  );
  const labels = Int32Array.from({ length: 120 }, (_, i) => i % 3);
  const pool = { labels, testPerClass: 10, trainPerClass: 24 };

  it('keeps what results are read with', async () => {
    const facts = {
      ...{ ...pool, blocks: labels, name: 'made', title: 'Made', classes: ['a', 'b', 'c'] },
      ...{ description: 'none', sha256: 'ab', featureShape: [4, 4, 8] },
    };
    const file = join(folder, 'made.json');
    writeFileSync(file, factsText(facts));
    expect(await readFacts(file)).toEqual(facts);
    writeFileSync(file, factsText(facts).slice(0, -9));
    await expect(readFacts(file)).rejects.toThrow(`${file}: expected JSON`);
    writeFileSync(file, factsText({ ...pool, ...facts, blocks: undefined }));
    expect(await readFacts(file)).not.toHaveProperty('blocks');
  });

  it('become tables and a figure', async () => {
    const tasks = [{ name: 'made', title: 'Made', pool, runs }];
    const text = allTables({ tasks, sizes: [], endToEnd: [] });
    // 3 of 30 wrong at each seed; 15 and 16 in turn.
    expect(text).toMatch(/all \(24\) +\| pooled +\| +90\.0 ± 0\.0/);
    expect(text).toMatch(/all \(24\) +\| pooled − flattened +\| +\+41\.7 /);
    const [svg, again] = [
      await drawDifferences(tasks, 'dark'),
      await drawDifferences(tasks, 'dark'),
    ];
    expect(svg).toContain('Made');
    expect(again).toBe(svg);
    expect(fillPage('<!-- table: a -->\nold\n<!-- end -->', new Map([['a', '| a |']]))).toBe(
      '<!-- table: a -->\n\n| a |\n\n<!-- end -->',
    );
    expect(() => fillPage('<!-- table: b -->\n<!-- end -->', new Map())).toThrow(
      'page: expected a table that is made, got "b"',
    );
  });

  it('compares heads on the same seeds', () => {
    const [first, second, ...others] = compareHeads({ pool, runs }, 'accuracy');
    expect(first?.pair).toEqual(['pooled', 'flattened']);
    expect(first?.effect.mean).toBeCloseTo(12.5 / 30, 10);
    expect(first?.p).toBeLessThan(0.01);
    expect(second?.effect.mean).toBeCloseTo(11 / 30, 10);
    expect(others).toHaveLength(2);
    expect(() => compareHeads({ pool, runs: runs.slice(0, -3) }, 'accuracy')).toThrow(
      'made: expected the same seeds of a pair',
    );
  });

  it('are read without a seed that was interrupted', () => {
    const plan = { ...FULL, sizes: ['all'] as const };
    const whole = completeRuns(runs.slice(0, -3), plan, 24);
    expect(new Set(whole.map(({ seed }) => seed))).toEqual(new Set([1, 2, 3, 4, 5]));
    expect(completeRuns(runs, plan, 24)).toEqual(runs);
    expect(completeRuns(runs.slice(0, 3), plan, 24)).toEqual([]);
    // A run twice is no other run.
    const twice = [...runs.slice(0, -1), ...runs.slice(-2, -1)];
    expect(new Set(completeRuns(twice, plan, 24).map(({ seed }) => seed)).has(6)).toBe(false);
  });

  it('decide claims', () => {
    const tasks = [{ name: 'made', title: 'Made', pool, runs }];
    const rows = claimRows({ tasks, sizes: [], endToEnd: [] });
    const rowOf = (sentence: string) => rows.find((row) => row.sentence === sentence);
    const own = rowOf('The pooled head is more accurate with many pictures, too.');
    expect(own).toMatchObject({ verdict: 'supported', counts: '1/0/1' });
    expect(own?.figures).toMatch(/^\*\*made \+41\.7 \[\d.*, \d.*\]\*\*$/);
    // The pair the other way round: three wrong against four or five.
    const dense = rowOf('The dense map is more accurate than the pooled head.');
    expect(dense).toMatchObject({ verdict: 'not supported' });
    expect(dense?.figures).toMatch(/made −5\.0 \[−\d.*, /);
    // No run with 5 per class.
    const few = rowOf('The pooled head is more accurate with few pictures.');
    expect(few).toMatchObject({ verdict: 'not tested', counts: '' });
  });

  it('are refused if they belong to another task, or to other draws', async () => {
    const study = mkdtempSync(join(tmpdir(), 'study-'));
    const { heads, sizes, conditions } = { ...FULL, sizes: ['all'], conditions: ['plain'] };
    writeFileSync(join(study, 'plan.json'), JSON.stringify({ heads, sizes, conditions }));
    const facts = {
      ...{ ...pool, name: 'other', title: 'Other', classes: ['a', 'b', 'c'] },
      ...{ description: 'none', sha256: 'ab', featureShape: [4, 4, 8] },
    };
    writeFileSync(join(study, 'other.json'), factsText(facts));
    const file = join(study, 'other.parquet');
    await writeRuns(file, runs);
    await expect(readStudy(study)).rejects.toThrow(
      `${file}: expected runs of other, got runs of made`,
    );
    rmSync(study, { recursive: true });
    const others = { pool: { ...pool, testPerClass: 9 }, runs: [...runs] };
    expect(() => compareHeads(others, 'accuracy')).toThrow(
      'made: expected results of 27 test pictures, got 30 and 30',
    );
  });

  it.each([
    ['no record', [null]],
    ['no measurements', [{ machine: 'made' }]],
    ['another form', [{ measured: [{ backend: 'cpu', heads: [{ head: 'pooled', times: {} }] }] }]],
    [
      'rounds that are missing',
      [{ measured: [{ heads: [timesOf('pooled', 2), timesOf('flattened', 3)] }] }],
    ],
  ])('are refused if times have %s', async (_, records) => {
    const study = mkdtempSync(join(tmpdir(), 'study-'));
    writeFileSync(join(study, 'times.json'), JSON.stringify(records));
    await expect(readTimes(study)).rejects.toThrow(
      `${join(study, 'times.json')}: expected times of as many rounds for each head`,
    );
    rmSync(study, { recursive: true });
    expect(await readTimes(study)).toBeUndefined();
  });

  it('measure each head as often after each other one', () => {
    const orders = roundsOf(['a', 'b', 'c', 'd', 'e']);
    const pairs = orders.flatMap((order) => order.slice(1).map((each, i) => `${order[i]}${each}`));
    const places = orders.flatMap((order) => order.map((each, i) => `${each}${i}`));
    for (const list of [pairs, places]) {
      const counts = [...new Set(list)].map((each) => list.filter((one) => one === each).length);
      expect(new Set(counts)).toEqual(new Set([2]));
    }
    expect(new Set(pairs).size).toBe(20);
  });

  it('compare times within each round, so that a machine may drift', () => {
    const heads = [
      {
        ...{ head: 'pooled' as const, predictMs: [10, 20, 40, 80, 20, 10] },
        trainStepMs: [1, 2, 4, 1, 2, 4],
      },
      {
        ...{ head: 'flattened' as const, predictMs: [11, 22, 44.1, 88, 22, 30] },
        trainStepMs: [] as number[],
      },
    ];
    const measured = [{ backend: 'cpu', engine: 'layers', heads }];
    const [found, ...others] = timeFindings(measured, 'predictMs');
    expect(found).toMatchObject({ name: 'cpu', isSure: true });
    expect(Math.exp(found!.effect.mean)).toBeCloseTo(1.1, 2);
    expect(others).toEqual([]);
    expect(timeFindings(measured, 'trainStepMs')).toEqual([]);
    const text = timeTable({ machine: 'made', measured });
    expect(text).toMatch(/\| pooled +\| +2 \(1 to 4\) +\| +20 \(10 to 80\) +\|/);
    expect(text).toMatch(/\| flattened +\| +— +\| +26 \(11 to 88\) +\|/);
  });
});
