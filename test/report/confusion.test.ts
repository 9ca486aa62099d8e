import { type Confusion, format, renderChart } from 'resnet-heads';
import { confusionMatrix } from '../../src/explain/confusion';
import { messageOf } from '../setup/memory';

const CLASSES = ['cat', 'dog', 'owl'];
/** Of three cats two were taken for cats, of two dogs one; nothing was taken for an owl. */
const small = () => confusionMatrix([0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 0, 0], CLASSES);

describe('format of a confusion', () => {
  it('writes the counts and what they say of each class', () => {
    expect(format(small())).toBe(
      `
true ↓, predicted → | cat | dog | owl
------------------- | --- | --- | ---
cat                 |   2 |   1 |   0
dog                 |   1 |   1 |   0
owl                 |   1 |   0 |   0

class           | images | predicted | precision | recall |    F1 | most often mistaken for
--------------- | ------ | --------- | --------- | ------ | ----- | -----------------------
cat             |      3 |         4 |     50.0% |  66.7% | 57.1% | dog (1)
dog             |      2 |         2 |     50.0% |  50.0% | 50.0% | cat (1)
owl             |      1 |         0 |         — |   0.0% |  0.0% | cat (1)
mean of classes |        |           |     50.0% |  38.9% | 35.7% |

Accuracy: 50.0% on 6 images.`.slice(1),
    );
  });

  it('keeps a width: columns that can be done without go, then the counts', () => {
    const text = format(small(), 'text', { width: 50 });
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(50);
    expect(text).toContain('class           | images | precision | recall');
    const narrow = format(small(), 'text', { width: 36 });
    expect(narrow).toMatch(/^class +\| images/);
    expect(narrow.split('\n').at(-1)).toBe(
      'The confusion matrix of 3 × 3 classes is left out: it is wider than 36 characters.',
    );
  });

  it('writes Markdown, and JSON that holds everything', () => {
    expect(format(small(), 'markdown').split('\n')[0]).toBe(
      '| true ↓, predicted → | cat | dog | owl |',
    );
    expect(JSON.parse(format(small(), 'json')) as Confusion).toEqual(small());
  });

  it('says what it can not write', () => {
    expect(messageOf(() => format(small(), 'yaml' as 'json'))).toBe(
      'ArgumentError: format: expected one of "text", "markdown", "json", got "yaml"',
    );
  });
});

describe('renderChart of a confusion', () => {
  const texts = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, t]) => t);

  it('draws a cell for each count, with its figure and the names of the classes', async () => {
    const svg = await renderChart(small());
    expect(svg).toMatch(/^<svg width="760" /);
    const words = texts(svg);
    for (const name of CLASSES) expect(words.filter((word) => word === name)).toHaveLength(2);
    expect(words).toContain('accuracy 50.0% on 6 images; colours: share of the true class');
    expect(words.filter((word) => /^\d+$/.test(word!)).sort()).toEqual(['1', '1', '1', '1', '2']);
    expect(svg).not.toMatch(/NaN|undefined/);
  });

  it('wraps long names, and writes all of them', async () => {
    const classes = ['West Highland white terrier', 'American Staffordshire terrier, pit bull'];
    const words = texts(await renderChart(confusionMatrix([0, 1], [0, 1], classes))).join(' ');
    for (const word of classes.flatMap((name) => name.split(' '))) expect(words).toContain(word);
  });

  it('has a theme for dark pages', async () => {
    const dark = await renderChart(small(), { theme: 'dark' });
    expect(dark).toContain('#e6edf3');
    expect(dark).not.toContain('#24292f');
  });

  it('says what it has no room for', async () => {
    const classes = Array.from({ length: 100 }, (_, i) => `class ${i}`);
    await expect(renderChart(confusionMatrix([0], [0], classes))).rejects.toThrow(
      new Error('width: expected at least 1324 pixels for 100 classes, got 760; or use format()'),
    );
    await expect(renderChart(small(), { theme: 'sepia' as 'dark' })).rejects.toThrow(
      new Error('theme: expected one of "light", "dark", got "sepia"'),
    );
  });
});
