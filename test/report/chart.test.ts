import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { analyze, compareHeads, planResnet, pooledHead, renderChart } from 'resnet-heads';
import { miniResnet } from '../setup/mini-resnet';
import { modelGoldens } from '../setup/model-goldens';

const texts = (svg: string) =>
  [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text?.replace('&#39;', "'"));

describe('renderChart', () => {
  const plans = (['pooled', 'flattened', 'dense'] as const).map((head) =>
    planResnet({ head, numClasses: 10 }),
  );

  it('draws plans as bars with their figures', async () => {
    const svg = await renderChart(plans);
    expect(svg).toMatch(/^<svg width="760" /);
    const words = texts(svg);
    for (const word of ['Heads on a ResNet-50 v1 at 224 × 224', 'pooled', 'flattened', 'dense']) {
      expect(words).toContain(word);
    }
    for (const figure of ['23.6M', '126M', '25.7M', '20.5K', '103M', '3.86G', '3.96G']) {
      expect(words).toContain(figure);
    }
  });

  it('has a theme for dark pages, and a width', async () => {
    const [light, dark] = [await renderChart(plans), await renderChart(plans, { theme: 'dark' })];
    expect(light).toContain('#24292f');
    expect(dark).toContain('#e6edf3');
    expect(dark).not.toContain('#24292f');
    expect(await renderChart(plans, { width: 500 })).toMatch(/^<svg width="500" /);
  });

  it('draws the layers of a model that cost most, and a comparison', async () => {
    const golden = modelGoldens.find(({ name }) => name === 'VGG16')!;
    const words = texts(await renderChart(analyze(golden.topology)));
    expect(words).toContain('fc1');
    expect(words).toContain('103M');
    const base = miniResnet('v1', 1);
    const comparison = await compareHeads(base, [pooledHead({ numClasses: 2 })]);
    expect(texts(await renderChart(comparison))).toContain('Heads on mini at 32 × 32');
    base.dispose();
  });

  it('drew the pictures in the documentation', async () => {
    for (const theme of ['light', 'dark'] as const) {
      const path = join(__dirname, `../../docs/images/heads-${theme}.svg`);
      expect(readFileSync(path, 'utf8')).toBe(`${await renderChart(plans, { theme })}\n`);
    }
  });

  it('rejects what it can’t draw', async () => {
    await expect(renderChart([])).rejects.toThrow('value: expected at least one plan, got []');
    await expect(renderChart(plans, { theme: 'sepia' as 'dark' })).rejects.toThrow(
      'theme: expected one of "light", "dark", got "sepia"',
    );
    await expect(renderChart(plans, { width: 0 })).rejects.toThrow(
      'width: expected a positive integer, got 0',
    );
  });
});
