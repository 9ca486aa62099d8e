import { format, renderChart, type Robustness, type RobustnessByName } from 'resnet-heads';
import { messageOf } from '../setup/memory';

const result = (accuracies: readonly number[], axis: 'x' | 'y' = 'x'): Robustness => ({
  kind: 'robustness',
  axis,
  shifts: accuracies.map((accuracy, i) => ({
    pixels: 4 * (i - 1),
    accuracy,
    agreement: i === 1 ? 1 : accuracy / 2,
    images: 1000,
  })),
});

const results: RobustnessByName = {
  pooled: result([0.9, 0.925, 0.9]),
  flattened: result([0.6, 0.95, 0.5]),
};

const texts = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, t]) => t);

describe('format of robustness', () => {
  it('has a row for each shift', () => {
    expect(format({ pooled: results['pooled']! })).toBe(
      `
shift | accuracy | agreement
----- | -------- | ---------
   −4 |    90.0% |     45.0%
    0 |    92.5% |    100.0%
   +4 |    90.0% |     45.0%

Shift: pixels to the right, with the edge repeated; 1,000 images.
Agreement: share of images with the same prediction as without a shift, right or wrong.`.slice(1),
    );
  });

  it('takes the result of one model without a name', async () => {
    const alone = result([0.9, 0.925, 0.9]);
    expect(format(alone)).toBe(format({ pooled: alone }));
    expect(JSON.parse(format(alone, 'json'))).toEqual(alone);
    expect(texts(await renderChart(alone))).toContain('Accuracy on shifted images');
  });

  it('sets models side by side, and leaves agreement out where the width is short', () => {
    const [wide] = format(results).split('\n');
    expect(wide).toBe(
      'shift | pooled: accuracy | flattened: accuracy | pooled: agreement | flattened: agreement',
    );
    const [narrow] = format(results, 'text', { width: 50 }).split('\n');
    expect(narrow).toBe('shift | pooled: accuracy | flattened: accuracy');
    expect(format(results, 'markdown')).toMatch(/^\| shift \| pooled: accuracy \|/);
    expect(JSON.parse(format(results, 'json'))).toEqual(results);
  });

  it('says what it can not compare', () => {
    expect(messageOf(() => format({ ...results, down: result([1, 1, 1], 'y') }))).toBe(
      'ArgumentError: value: expected the same shifts for all models, got -4, 0, 4 along x, and -4, 0, 4 along y',
    );
  });
});

describe('renderChart of robustness', () => {
  it('draws a line a model, its name beside it', async () => {
    const svg = await renderChart(results);
    expect(svg).toMatch(/^<svg width="760" /);
    const words = texts(svg);
    for (const word of [...Object.keys(results), '−4', '0', '+4', 'pixels to the right']) {
      expect(words.filter((each) => each === word)).toHaveLength(1);
    }
    // From below the lowest point to above the highest.
    expect(words.filter((word) => word?.endsWith('%'))).toEqual([
      '50.0%',
      '60.0%',
      '70.0%',
      '80.0%',
      '90.0%',
      '100.0%',
    ]);
    expect(svg).not.toMatch(/NaN|undefined/);
  });

  it('draws for dark pages, and a single shift', async () => {
    expect(await renderChart(results, { theme: 'dark' })).toContain('#e6edf3');
    for (const accuracy of [0, 1]) {
      const one = {
        ...result([]),
        axis: 'both',
        shifts: [{ pixels: 0, accuracy, agreement: 1, images: 1 }],
      };
      expect(await renderChart(one as Robustness)).not.toMatch(/NaN|undefined/);
    }
  });

  it('says what it can not draw', async () => {
    const many = Object.fromEntries(
      ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => [name, result([1, 1, 1])]),
    );
    await expect(renderChart(many)).rejects.toThrow(
      new Error('value: expected at most 6 models in a chart, got 7; use format()'),
    );
  });
});
