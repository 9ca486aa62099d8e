import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { draw } from '../../examples/study/experiment';
import { drawFigures } from '../../examples/study/figures';
import { HEADS } from '../../examples/study/heads';
import { allTables, fillPage, pageTables } from '../../examples/study/page';
import { fitProtocol, FULL } from '../../examples/study/protocols';
import type { StudyResults } from '../../examples/study/results';
import { calibrationError, scoreProbabilities } from '../../examples/study/scores';
import { holm, interval, signFlipTest } from '../../examples/study/statistics';
import { shiftsAt } from '../../examples/study/task';

const root = join(__dirname, '..', '..');
const read = (...path: string[]) => readFileSync(join(root, ...path), 'utf8');
const results = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as StudyResults;

describe('statistics', () => {
  it("gives Student's 95 % interval", () => {
    // 2.776 × √2.5 / √5
    const { mean, margin } = interval([1, 2, 3, 4, 5]);
    expect(mean).toBe(3);
    expect(margin).toBeCloseTo(1.963, 3);
    expect(interval([7, 7]).margin).toBe(0);
    expect(() => interval([1])).toThrow('values: expected 2 to 11, got 1');
  });

  it('flips signs: of five equal differences, two of 32 draws are as far out', () => {
    expect(signFlipTest([1, 1, 1, 1, 1])).toBeCloseTo(2 / 32, 2);
    expect(signFlipTest([0.2, 0.2, 0.2, -0.6])).toBe(1);
    expect(signFlipTest(Array<number>(40).fill(0.1))).toBeLessThan(0.001);
    // The same draws each time.
    expect(signFlipTest([1, 2, -1, 3])).toBe(signFlipTest([1, 2, -1, 3]));
  });

  it("corrects by Holm as R's p.adjust does", () => {
    const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
    expect(adjusted.map((p) => Number(p.toFixed(6)))).toEqual([0.03, 0.06, 0.06, 0.02]);
    expect(holm([0.6, 0.9])).toEqual([1, 1]);
  });
});

describe('scores', () => {
  it('weighs the bins of the calibration error by their pictures', () => {
    const sure = { confidence: 0.95, right: true };
    // |0.95 − 0.5| of two pictures in four, |0.65 − 1| of two.
    expect(
      calibrationError(
        [
          sure,
          { confidence: 0.95, right: false },
          { confidence: 0.65, right: true },
          { confidence: 0.65, right: true },
        ],
        10,
      ),
    ).toBeCloseTo((0.45 + 0.35) / 2, 10);
    expect(calibrationError([{ confidence: 1, right: true }])).toBe(0);
  });

  it('scores probabilities', () => {
    const scores = scoreProbabilities(
      [
        [0.8, 0.2],
        [0.4, 0.6],
        [1, 0],
      ],
      [0, 0, 1],
    );
    expect(scores.right).toEqual([true, false, false]);
    expect(scores.accuracy).toBeCloseTo(1 / 3, 10);
    expect(scores.loss).toBeCloseTo(-(Math.log(0.8) + Math.log(0.4) + Math.log(1e-7)) / 3, 6);
  });
});

describe('what is drawn', () => {
  const labels = Int32Array.from({ length: 30 }, (_, i) => i % 3);

  it('has as many of each class, and no picture twice', () => {
    const { drawn, others } = draw(labels, 4, 1);
    expect(drawn.map((i) => labels[i])).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
    expect([...drawn, ...others].sort((a, b) => a - b)).toEqual([...labels.keys()]);
  });

  it('is the same for a seed, and other pictures for another', () => {
    expect(draw(labels, 4, 1)).toEqual(draw(labels, 4, 1));
    expect(new Set(draw(labels, 4, 1).drawn)).not.toEqual(new Set(draw(labels, 4, 2).drawn));
  });

  it('trains on no more of a class than there are', () => {
    expect(fitProtocol(FULL, labels).sizes).toEqual([5]);
    expect(() => fitProtocol(FULL, [0, 0, 0, 1])).toThrow(
      '--data: expected at least 5 pictures of each class to train on, got 1',
    );
  });

  it('shifts small pictures in proportion, by whole pixels', () => {
    expect(shiftsAt(224)).toHaveLength(9);
    expect(shiftsAt(28)).toEqual([
      [-32, -4],
      [-16, -2],
      [-8, -1],
      [0, 0],
      [8, 1],
      [16, 2],
      [32, 4],
    ]);
  });
});

describe('the page', () => {
  const tasks = ['cats-dogs', 'digits'].map((task) =>
    results(join(root, 'examples', 'study', 'results', `${task}.json`)),
  );

  it('has the tables that the results give', () => {
    const page = read('docs', 'study.md');
    expect(fillPage(page, pageTables(tasks))).toBe(page);
    expect(read('examples', 'study', 'results', 'tables.md')).toBe(allTables(tasks));
  });

  it('has the figures that the results give', async () => {
    for (const [name, svg] of Object.entries(await drawFigures(tasks))) {
      expect(svg).toBe(read('docs', 'images', `study-${name}.svg`));
    }
  });

  it('says where a table is missing, and where there is none for a place', () => {
    const tables = new Map([['a', '| a |']]);
    expect(fillPage('<!-- table: a -->\nold\n<!-- end -->\n', tables)).toBe(
      '<!-- table: a -->\n\n| a |\n\n<!-- end -->\n',
    );
    expect(() => fillPage('nothing', tables)).toThrow(
      'page: expected a place for each table, got none for a',
    );
    expect(() => fillPage('<!-- table: b -->\n<!-- end -->', tables)).toThrow(
      'page: expected a table that is made, got "b"',
    );
  });

  it.each(tasks.map((task) => [task.task, task] as const))(
    'is of complete results: %s',
    (_, task) => {
      expect(task.protocol).toEqual(FULL);
      expect(task.runs).toHaveLength(FULL.sizes.length * HEADS.length * FULL.seeds.length);
      for (const run of task.runs) {
        const chosen = task.tuning.find(({ head, size }) => head === run.head && size === run.size);
        const { learningRate, epochs } = chosen!.chosen;
        expect(run).toMatchObject({ learningRate, epochs });
        for (const { accuracy, right } of run.shifts) {
          expect(right).toHaveLength(task.pictures.test);
          expect(right.replaceAll('0', '').length / right.length).toBe(accuracy);
        }
      }
    },
  );
});
