import { format, renderChart } from 'resnet-heads';
import { calibrationOf } from '../../src/explain/calibration';
import { messageOf } from '../setup/memory';

/** Ten images at 0.95, of which eight are right, and five at 0.5, of which three are. */
const calibration = () =>
  calibrationOf(
    [...Array.from({ length: 10 }, (_, i) => i < 8), true, true, true, false, false],
    [...Array.from({ length: 10 }, () => 0.95), 0.5, 0.5, 0.5, 0.5, 0.5],
  );

describe('calibrationOf', () => {
  it('is the mean gap between confidence and accuracy over 15 bins', () => {
    const { error, bins } = calibration();
    expect(error).toBeCloseTo((10 * 0.15 + 5 * 0.1) / 15, 10);
    expect(bins).toHaveLength(15);
    expect(bins.reduce((sum, { images }) => sum + images, 0)).toBe(15);
    expect(bins[14]).toMatchObject({ images: 10, accuracy: 0.8 });
    expect(bins[14]!.confidence).toBeCloseTo(0.95, 10);
    expect(bins[7]).toMatchObject({ images: 5, confidence: 0.5, accuracy: 0.6 });
    expect(bins[0]).toEqual({ from: 0, to: 1 / 15, images: 0, confidence: null, accuracy: null });
  });

  it('puts a probability of 0 into the first bin, one of 1 into the last, and an edge into the lower', () => {
    const { bins } = calibrationOf([true, true, true], [0, 1, 1 / 3]);
    expect(bins.flatMap(({ images }, i) => (images > 0 ? [i] : []))).toEqual([0, 4, 14]);
  });

  it('refuses what isn’t a probability for each image', () => {
    expect(messageOf(() => calibrationOf([], []))).toMatch('got 0 for 0');
    expect(messageOf(() => calibrationOf([true], [0.5, 0.5]))).toMatch('got 2 for 1');
    expect(messageOf(() => calibrationOf([true], [NaN]))).toBe(
      'ArgumentError: confidences: expected probabilities from 0 to 1, got NaN',
    );
  });
});

describe('reports of a calibration', () => {
  it('format lists the bins that have images', () => {
    expect(format(calibration())).toBe(
      `
 probability | images | mean probability | correct
------------ | ------ | ---------------- | -------
 46.7%–53.3% |      5 |            50.0% |   60.0%
93.3%–100.0% |     10 |            95.0% |   80.0%

Expected calibration error: 13.3%.`.slice(1),
    );
    expect(JSON.parse(format(calibration(), 'json'))).toEqual(calibration());
  });

  it('renderChart draws a reliability diagram in two themes and any width', async () => {
    const texts = (svg: string) =>
      [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
    const svg = await renderChart(calibration());
    expect(texts(svg)).toEqual(
      expect.arrayContaining([
        'Reliability',
        'expected calibration error 13.3% on 15 images; below the line: overconfident',
        'probability of the predicted class',
      ]),
    );
    expect(await renderChart(calibration(), { theme: 'dark' })).toContain('#8fb3e8');
    expect(await renderChart(calibration(), { width: 300 })).toMatch(/^<svg width="300" /);
  });
});
