import { copyFileSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {
  type Backbone,
  type LabelledPicture,
  loadBackbone,
  type ReviewOptions,
  reviewLabels,
  trainClassifier,
} from 'resnet-heads';
import { colouredPictures } from '../setup/coloured-pictures';
import { expectNoLeak } from '../setup/memory';
import { miniResnet } from '../setup/mini-resnet';
import { drawPictures } from '../setup/picture-folder';

let backbone: Backbone;
let folder: string;
let drawn: ReturnType<typeof colouredPictures>;
beforeAll(async () => {
  backbone = await loadBackbone(miniResnet('v1', 1), { preprocessing: 'tf' });
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-review-'));
  drawn = colouredPictures(8);
});
afterAll(() => {
  tf.dispose(drawn.map(({ picture }) => picture));
  backbone.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const relabelled = (index: number, label: string): LabelledPicture[] =>
  drawn.map((each, i) => (i === index ? { ...each, label } : each));
const review = (pictures: readonly LabelledPicture[], options?: ReviewOptions) =>
  reviewLabels(backbone, pictures, options);

describe('reviewLabels with pictures in hand', () => {
  it('finds a wrong label by its index', async () => {
    await expectNoLeak(async () => {
      const found = await review(relabelled(4, 'blue'));
      expect(found).toMatchObject({ pictures: 24, ambiguous: [], computed: 24 });
      expect(found.suspicious).toMatchObject([
        { path: undefined, index: 4, label: 'blue', suggested: 'green' },
      ]);
      const { probability, suggestedProbability } = found.suspicious[0]!;
      expect(probability).toBeLessThan(0.2);
      expect(suggestedProbability).toBeGreaterThan(0.6);
    });
  });

  it('counts pictures that are skipped, and reports progress to its end', async () => {
    const broken = { picture: new Uint8Array([1, 2]), label: 'red' };
    const warnings: string[] = [];
    const done: (readonly [string, number])[] = [];
    const found = await review([broken, ...relabelled(4, 'blue')], {
      onWarning: ({ message }) => warnings.push(message),
      onProgress: (step) => done.push([step.unit, step.done]),
    });
    expect(warnings).toEqual([
      expect.stringMatching(/^picture: expected a picture that can be decoded/),
    ]);
    expect(found.suspicious.map(({ index }) => index)).toEqual([5]);
    expect(found.pictures).toBe(24);
    const fits = done.flatMap(([unit, count]) => (unit === 'fits' ? [count] : []));
    expect(fits).toEqual([...fits].sort((a, b) => a - b));
    expect(done[0]).toEqual(['pictures', 0]);
  });

  it('works with two classes, few pictures, views and a given penalty', async () => {
    const two = drawn.filter(({ label }) => label !== 'green').slice(0, 10);
    const wrong = two.map((each, i) => (i === 3 ? { ...each, label: 'red' } : each));
    expect(two[3]?.label).toBe('blue');
    const { suspicious } = await review(wrong, { views: ['mirror'], l2: 0.01 });
    expect(suspicious).toMatchObject([{ index: 3, label: 'red', suggested: 'blue' }]);
  });

  it('does not judge the only picture of a class, and says so', async () => {
    const warnings: string[] = [];
    const { suspicious, pictures } = await review(relabelled(4, 'lonely'), {
      onWarning: ({ message }) => warnings.push(message),
    });
    expect(warnings).toEqual([
      'class "lonely": expected two or more pictures, as a label is judged by the others, got 1; it is not reviewed',
    ]);
    expect(suspicious).toEqual([]);
    expect(pictures).toBe(23);
    await expect(review(drawn.slice(0, 3))).rejects.toThrow(
      'pictures: expected a class with two or more pictures, as a label is judged by the others, got 3 classes with one each; add pictures',
    );
  });

  it('refuses several labels, and options of others', async () => {
    const [first, ...rest] = drawn;
    await expect(review([{ ...first!, label: ['red', 'blue'] }, ...rest])).rejects.toThrow(
      'pictures[0].label: expected the name of its class, got ["red", "blue"]',
    );
    await expect(review(drawn, { multiLabel: true } as never)).rejects.toThrow('got "multiLabel"');
    await expect(review(drawn, { cacheFolder: folder })).rejects.toThrow('cacheFolder');
  });
});

describe('reviewLabels with files', () => {
  it('names each copy of a picture, and trainClassifier leaves them out', async () => {
    const pictures = join(folder, 'pictures');
    await drawPictures(pictures, 12);
    const wrong = ['wrong.png', 'copy.png'].map((name) => join(pictures, 'dark', name));
    renameSync(join(pictures, 'light/3.png'), wrong[0]!);
    // In another fold, it would confirm the label.
    copyFileSync(wrong[0]!, wrong[1]!);
    const found = await reviewLabels(backbone, pictures, { cacheFolder: join(folder, 'cache') });
    expect(found.suspicious.map(({ path }) => path).sort()).toEqual([...wrong].sort());
    expect(found).toMatchObject({ pictures: 25, computed: 24 });
    const again = await reviewLabels(backbone, pictures, { cacheFolder: join(folder, 'cache') });
    expect(again).toEqual({ ...found, computed: 0, engine: undefined });

    const exclude = found.suspicious.flatMap(({ path = '' }) => path);
    const classifier = await trainClassifier(backbone, pictures, { exclude });
    const { train, validation } = classifier.training!.pictures;
    expect(train + validation).toBe(23);
    const tuned = await classifier.fineTune(pictures, { exclude, epochs: 1 });
    expect(tuned.history).toHaveLength(1);
    classifier.dispose();
  });

  it('excludes files only, from a list of paths', async () => {
    await expect(trainClassifier(backbone, drawn, { exclude: ['a.png'] })).rejects.toThrow(
      'exclude: expected none for pictures that are not files, got ["a.png"]',
    );
    await expect(
      trainClassifier(backbone, join(folder, 'pictures'), { exclude: 'a.csv' as never }),
    ).rejects.toThrow('exclude: expected a list of paths, got "a.csv"');
  });
});
