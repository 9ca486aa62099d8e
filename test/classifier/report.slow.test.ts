import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Backbone,
  type Classifier,
  loadBackbone,
  loadClassifier,
  trainClassifier,
} from 'resnet-heads';
import { colouredPictures } from '../setup/coloured-pictures';
import { expectNoLeak, rejection } from '../setup/memory';
import { miniResnet } from '../setup/mini-resnet';
import { drawPictures } from '../setup/picture-folder';

let folder: string;
let backbone: Backbone;
let classifier: Classifier;
const at = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-report-'));
  await drawPictures(at('pictures'), 10);
  backbone = await loadBackbone(miniResnet('v1', 1), { preprocessing: 'tf' });
  // So strong a penalty leaves no prediction sure.
  classifier = await trainClassifier(backbone, at('pictures'), { out: at('out'), l2: 100 });
});
afterAll(() => {
  classifier.dispose();
  backbone.dispose();
  rmSync(folder, { recursive: true });
});

const textOf = (page: string): string =>
  page
    .replace(/<style>.*<\/style>/s, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ');

const imagesOf = (page: string): number =>
  page.split('<img src="data:image/jpeg;base64,').length - 1;

describe('classifier.report', () => {
  it('reports on the held-out pictures of the training folder', async () => {
    await expectNoLeak(async () => {
      const stages = new Set<string>();
      const page = await classifier.report(at('pictures'), {
        ...{ title: 'Dark and light', command: 'train pictures', settings: { seed: 7 }, shown: 2 },
        onProgress: ({ label }) => stages.add(label),
      });
      expect([...stages]).toEqual(['evaluation', 'report']);
      const { total, accuracy } = await classifier.evaluate(at('pictures'));
      const text = textOf(page);
      expect(text).toContain('Dark and light');
      expect(text).toContain(`Accuracy ${(100 * accuracy).toFixed(1)}%`);
      expect(text).toContain(`, ${total} pictures`);
      // Training pictures, held out, measured.
      expect(text).toMatch(/dark 8 2 2 .*light 8 2 2 /);
      expect(text).toContain('seed 7');
      expect(text).toContain(`solver ${classifier.training!.solver}`);
      // Two of the four are least sure or wrong, each beside its map.
      const wrong = Math.round(total * (1 - accuracy));
      expect(imagesOf(page)).toBe(
        2 * (Math.min(2, wrong) + Math.min(2, total - Math.min(2, wrong))),
      );
      // Names are shown below the folder of all.
      expect(text).toMatch(/right (dark|light)\/\d\.png/);
      expect(page).toContain(`<code>${at('pictures')}/</code>`);
    });
  });

  it('reports on a saved classifier, and on pictures in hand', async () => {
    await expectNoLeak(async () => {
      const saved = await loadClassifier(at('out'));
      const page = await saved.report(at('pictures'), { shown: 0 });
      expect(textOf(page)).toMatch(/dark 8 2 2 /);
      expect(imagesOf(page)).toBe(0);
      saved.dispose();
      const list = colouredPictures(2, ['red', 'green']);
      const own = await trainClassifier(backbone, list, { validation: 0, l2: 100 });
      const inHand = await own.report(list, { shown: 3 });
      expect(imagesOf(inHand)).toBeGreaterThan(0);
      expect(textOf(inHand)).toContain('picture 1');
      expect(inHand).not.toContain('Duplicates');
      own.dispose();
      for (const { picture } of list) picture.dispose();
    });
  });

  it('shows suspicious labels, and no predictions that are sure', async () => {
    const sure = await trainClassifier(backbone, at('pictures'), { l2: 1e-4 });
    const path = join(at('pictures'), 'dark/3.png');
    const found = {
      label: 'dark',
      suggested: 'light',
      probability: 0.1,
      suggestedProbability: 0.9,
    };
    const suspicious = [{ path, index: undefined, ...found }];
    const page = await sure.report(at('pictures'), { suspicious, shown: 1 });
    expect(imagesOf(page)).toBe(2);
    expect(textOf(page)).toContain('light 90.0%, labelled dark dark/3.png');
    sure.dispose();
  });

  it('writes a file, and overwrites only what it wrote', async () => {
    const out = at('report.html');
    const options = { out, shown: 1 };
    const page = await classifier.report(at('pictures'), options);
    expect(readFileSync(out, 'utf8')).toBe(page);
    await classifier.report(at('pictures'), options);
    writeFileSync(out, '<!doctype html><title>mine</title>');
    expect(await rejection(classifier.report(at('pictures'), options))).toContain(
      'expected a new file, or a report that resnet-heads wrote, got "another file"',
    );
    expect(readFileSync(out, 'utf8')).toContain('mine');
  });

  it.each([
    [{ out: 'report.txt' }, 'out: expected a name that ends in .html, got "report.txt"'],
    [{ shown: -1 }, 'shown: expected'],
    [{ title: 3 as never }, 'title: expected a text, got 3'],
    [{ pictures: 'all' } as never, 'options: expected'],
  ])('refuses %j', async (options, message) => {
    expect(await rejection(classifier.report(at('pictures'), options))).toContain(message);
  });
});
