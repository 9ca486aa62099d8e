import { calibrationOf } from '../../src/explain/calibration';
import { confusionMatrix } from '../../src/explain/confusion';
import { multiLabelScores } from '../../src/explain/multi-label';
import type { ReportData, TrainingRun } from '../../src/html-report/data';
import { describeMeasured } from '../../src/html-report/measured';
import { reportPage } from '../../src/html-report/page';

const HOSTILE = '<script>alert("&\')</script>';

const run = {
  temperature: 0.7,
  pictures: { train: 8, validation: 2 },
  duplicates: { acrossClasses: [['a/1.png', 'b/1.png']], acrossParts: [] },
};
const figures = { loss: 0.1, accuracy: 1, validationLoss: 0.3, validationAccuracy: 0.5, gap: 0.5 };
const adam: TrainingRun = {
  ...{ ...run, ...figures, solver: 'adam', bestEpoch: 1, endedBy: 'epochs' },
  history: [0, 1, 2].map((epoch) => ({ ...figures, epoch, loss: 1 / (epoch + 1) })),
};
const lbfgs: TrainingRun = {
  ...{ ...run, ...figures, solver: 'lbfgs', history: [], l2: 0.1 },
  path: [1, 0.1, 0.01].map((l2) => ({ ...figures, l2 })),
};

/** Results on two pictures of each class, of which the last is taken for the first class. */
function resultsFor(classes: readonly string[]) {
  const truth = classes.flatMap((_, label) => [label, label]);
  const predicted = truth.map((label, i) => (i === truth.length - 1 ? 0 : label));
  const right = truth.map((label, i) => label === predicted[i]);
  const confidences = truth.map((_, i) => (i % 2 === 0 ? 0.95 : 0.65));
  return {
    ...confusionMatrix(truth, predicted, classes),
    calibration: calibrationOf(right, confidences),
    ...{ trainedOn: 0, heldOut: truth.length, leftOut: 8, excluded: 0 },
  };
}

const shown = { name: `${HOSTILE}.png`, label: 'b', predicted: HOSTILE, probability: 0.95 };
const data = (changes: Partial<ReportData> = {}): ReportData => ({
  ...{ title: HOSTILE, date: new Date(0), training: adam, costs: undefined },
  evaluation: resultsFor([HOSTILE, 'b']),
  counts: [HOSTILE, 'b'].map((name) => ({ name, training: 4, heldOut: 2, others: 0 })),
  mostWrong: [
    { ...shown, picture: 'data:image/jpeg;base64,AAAA', map: 'data:image/jpeg;base64,BBBB' },
  ],
  leastSure: [shown],
  suspicious: undefined,
  suspiciousCount: undefined,
  nearDuplicates: [{ training: 'a/2.png', heldOut: `${HOSTILE}/3.png`, difference: 1.5 }],
  ...{ folder: undefined, command: `train ${HOSTILE}`, facts: { backbone: HOSTILE } },
  ...changes,
});

/** The titles of a page's sections. */
const titles = (page: string): string[] =>
  [...page.matchAll(/<h2 id="[^"]*">\s*([^<]*?)\s*<\/h2>/g)].map(([, title = '']) => title);

/** All that a reader sees, in one line. */
const textOf = (page: string): string =>
  page
    .replace(/<style>.*<\/style>/s, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ');

describe('reportPage', () => {
  it('has all sections, and loads and runs nothing', () => {
    const page = reportPage(data());
    expect(titles(page)).toEqual([
      ...['Classes', 'Training', 'Confusion matrix', 'Reliability', 'Pictures to look at'],
      ...['Duplicates', 'How it was made'],
    ]);
    expect(page).not.toMatch(/<script|<link|https?:|url\(/i);
    expect(page).toContain("default-src 'none'");
    expect(page.match(/<img /g)).toHaveLength(2);
    expect(page.match(/<img [^>]*alt="[^"]+"/g)).toHaveLength(2);
    expect(page).not.toMatch(/NaN|undefined|\[object/);
  });

  it('shows names as they are', () => {
    const text = textOf(reportPage(data()));
    const escaped = '&lt;script&gt;alert(&quot;&amp;&#39;)&lt;/script&gt;';
    // In title, heading, tables, pictures, duplicates, command and settings.
    expect(text.split(escaped).length - 1).toBeGreaterThanOrEqual(10);
  });

  it('gives the accuracy with its interval, and says which pictures were measured', () => {
    const text = textOf(reportPage(data()));
    expect(text).toContain('Accuracy 75.0% 95 % interval 30.1% to 95.4%, 4 pictures');
    expect(text).toContain('; 8 pictures that it was trained on are left out.');
    expect(text).toContain('labelled b');
    expect(text).toContain('1 held-out picture is nearly the same as a training picture');
  });

  it.each([
    [1, 0, '1 picture that it was trained on is left out.'],
    [1, 1, '1 picture that was excluded from training is left out.'],
    [2, 2, '2 pictures that were excluded from training are left out.'],
    [3, 1, '2 pictures that it was trained on and 1 that was excluded from training are left out.'],
  ])('says why %i pictures are left out, of which %i were excluded', (leftOut, excluded, text) => {
    const measured = describeMeasured({ total: 4, trainedOn: 0, heldOut: 0, leftOut, excluded });
    expect(measured).toBe(`The classifier was not trained on the measured pictures; ${text}`);
  });

  it.each([
    ['epochs', adam, ['0.333', 'best', 'epoch 2 of 3', 'divided by 0.7']],
    ['strengths', lbfgs, ['3 strengths', 'chosen', 'cross-validation loss']],
    ['one strength', { ...lbfgs, path: [] }, ['fitted once, with an L2 penalty of 0.1']],
  ])('shows the course of training: %s', (_, training, texts) => {
    const page = reportPage(data({ training }));
    for (const text of texts) expect(textOf(page)).toContain(text);
    const coordinates = [...page.matchAll(/(?:points|[cxyrd][xy]?[12]?)="([-\d., ]*)"/g)];
    expect(coordinates.length).toBeGreaterThan(0);
    expect(page).not.toMatch(/NaN|Infinity/);
  });

  it('shows what became of the classes of an earlier classifier', () => {
    const change = {
      ...{ className: HOSTILE, pictures: { before: 1200, now: 1300 }, heldOut: 10 },
      ...{ right: { before: 9, now: 8 }, gained: 1, lost: 2 },
    };
    const few = { ...change, className: 'b', heldOut: 0, right: { before: 0, now: 0 } };
    const changes = [change, { ...few, gained: 0, lost: 0 }];
    const page = reportPage(data({ training: { ...adam, changes } }));
    expect(titles(page)).toContain('Old classes');
    const text = textOf(page);
    expect(text).toContain('1,200 1,300 10 90.0% 80.0% −10.0 b 1,200 1,300 0 — — —');
    expect(text).toContain('90.0% (95 % interval 59.6% to 98.2%) before, 80.0% (');
    expect(text).toContain(
      '1 became right and 2 wrong. The accuracy of &quot;b&quot; is unknown: no held-out picture has the label that it had. More became',
    );
    const none = reportPage(data({ training: { ...adam, changes: changes.slice(1) } }));
    expect(textOf(none)).toContain(
      'No held-out picture of the old classes has the label that it had',
    );
    expect(none).not.toMatch(/NaN|Infinity/);
  });

  it('shows suspicious labels and how many there are', () => {
    const suspicious = [shown];
    const some = textOf(reportPage(data({ suspicious, suspiciousCount: 3 })));
    expect(some).toContain('1 of 3 are shown.');
    const none = textOf(reportPage(data({ suspicious: [], suspiciousCount: 0 })));
    expect(none).toContain('No label is suspicious.');
    expect(textOf(reportPage(data()))).not.toContain('uspicious');
  });

  it('lists confusions if there are too many classes for a matrix', () => {
    const classes = Array.from({ length: 31 }, (_, i) => `class ${i}`);
    const counts = undefined;
    const page = reportPage(data({ evaluation: resultsFor(classes), counts }));
    expect(page).not.toContain('class="matrix"');
    expect(textOf(page)).toContain('Most frequent confusions');
    expect(textOf(page)).toMatch(/class 30 class 0 1 50\.0%/);
  });

  it('has no matrix, reliability or pictures with several labels per picture', () => {
    const scores = multiLabelScores(
      [[0], [0, 1], []],
      [
        [0.9, 0.2],
        [0.8, 0.7],
        [0.1, 0.6],
      ],
      ['a', 'b'],
      [0.5, 0.5],
    );
    const evaluation = {
      ...scores,
      trainedOn: undefined,
      heldOut: undefined,
      leftOut: 0,
      excluded: 0,
    };
    const none = { mostWrong: [], leastSure: [], nearDuplicates: undefined, training: undefined };
    const page = reportPage(data({ evaluation, ...none, counts: undefined }));
    expect(titles(page)).toEqual(['Classes', 'How it was made']);
    expect(textOf(page)).toContain('Mean average precision');
    expect(textOf(page)).toContain('no record of its training pictures');
  });
});
