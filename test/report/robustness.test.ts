import { formatRobustness, type RobustnessByName } from '../../src/report/format/robustness';
import { renderRobustness } from '../../src/report/chart/robustness';
import type { Robustness } from '../../src/explain/robustness';
import { messageOf } from '../setup/memory';

const result = (accuracies: readonly number[], axis: 'x' | 'y' = 'x'): Robustness => ({
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

describe('formatRobustness', () => {
  it('has a row for each shift', () => {
    expect(formatRobustness({ pooled: results['pooled']! })).toBe(
      `
shift | accuracy | agreement
----- | -------- | ---------
   −4 |    90.0% |     45.0%
    0 |    92.5% |    100.0%
   +4 |    90.0% |     45.0%

Shift: pixels to the right, the edge repeated; 1,000 images.
Agreement: share predicted as without a shift, right or wrong.`.slice(1),
    );
  });

  it('sets models side by side, and leaves agreement out where the width is short', () => {
    const [wide] = formatRobustness(results).split('\n');
    expect(wide).toBe(
      'shift | pooled: accuracy | flattened: accuracy | pooled: agreement | flattened: agreement',
    );
    const [narrow] = formatRobustness(results, 'text', { width: 50 }).split('\n');
    expect(narrow).toBe('shift | pooled: accuracy | flattened: accuracy');
    expect(formatRobustness(results, 'markdown')).toMatch(/^\| shift \| pooled: accuracy \|/);
    expect(JSON.parse(formatRobustness(results, 'json'))).toEqual(results);
  });

  it('says what it can not compare', () => {
    expect(messageOf(() => formatRobustness({}))).toBe(
      'ArgumentError: results: expected at least one model, got none',
    );
    expect(messageOf(() => formatRobustness(results['pooled'] as never))).toBe(
      'ArgumentError: results.axis: expected what translationRobustness() returns, got "x"; pass { name: result }',
    );
    expect(messageOf(() => formatRobustness({ ...results, down: result([1, 1, 1], 'y') }))).toBe(
      'ArgumentError: results: expected the same shifts for all models, got -4, 0, 4 along x, and -4, 0, 4 along y',
    );
    expect(messageOf(() => formatRobustness(results, 'svg' as 'json'))).toBe(
      'ArgumentError: format: expected one of "text", "markdown", "json", got "svg"',
    );
  });
});

describe('renderRobustness', () => {
  it('draws a line a model, its name beside it', async () => {
    const svg = await renderRobustness(results);
    expect(svg).toMatch(/^<svg width="760" /);
    const words = texts(svg);
    for (const word of [...Object.keys(results), '−4', '0', '+4', 'pixels to the right']) {
      expect(words.filter((each) => each === word)).toHaveLength(1);
    }
    // From below the lowest point to above the highest.
    expect(words.filter((word) => word?.endsWith('%'))).toEqual([
      '50%',
      '60%',
      '70%',
      '80%',
      '90%',
      '100%',
    ]);
    expect(svg).not.toMatch(/NaN|undefined/);
  });

  it('draws agreement, for dark pages, of a single shift too', async () => {
    const dark = await renderRobustness(results, { measure: 'agreement', theme: 'dark' });
    expect(texts(dark)).toContain('share of images that are predicted as without a shift');
    expect(dark).toContain('#e6edf3');
    for (const accuracy of [0, 1]) {
      const one = { axis: 'both', shifts: [{ pixels: 0, accuracy, agreement: 1, images: 1 }] };
      expect(await renderRobustness({ one: one as Robustness })).not.toMatch(/NaN|undefined/);
    }
  });

  it('says what it can not draw', async () => {
    const many = Object.fromEntries(
      ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => [name, result([1, 1, 1])]),
    );
    await expect(renderRobustness(many)).rejects.toThrow(
      new Error('results: expected at most 6 models in a chart, got 7; use formatRobustness()'),
    );
    await expect(renderRobustness(results, { measure: 'loss' as 'accuracy' })).rejects.toThrow(
      new Error('measure: expected one of "accuracy", "agreement", got "loss"'),
    );
  });
});
