import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type ClassifiedFile,
  type Classifier,
  classifyFiles,
  type ClassifyFilesOptions,
  loadBackbone,
  loadClassifier,
  type Progress,
  trainClassifier,
} from 'resnet-heads';
import { expectNoLeak } from '../setup/memory';
import { miniClassifier, miniResnet } from '../setup/mini-resnet';
import { drawPictures } from '../setup/picture-folder';

let folder: string;
let classifier: Classifier;
const at = (...names: string[]) => join(folder, ...names);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-classify-folder-'));
  await drawPictures(at('pictures'), 10);
  const backbone = await loadBackbone(miniResnet('v1', 1), { preprocessing: 'tf' });
  classifier = await trainClassifier(backbone, at('pictures'), {
    validation: 0,
    cacheFolder: at('cache'),
  });
});
afterAll(() => {
  classifier.dispose();
  rmSync(folder, { recursive: true, force: true });
});

async function all(
  pictures: Parameters<typeof classifyFiles>[1],
  options?: ClassifyFilesOptions,
  by = classifier,
): Promise<ClassifiedFile[]> {
  const found: ClassifiedFile[] = [];
  for await (const each of classifyFiles(by, pictures, options)) found.push(each);
  return found;
}

const close = (found: ClassifiedFile['classes']) =>
  found.map(({ className, probability, ...rest }) => ({
    ...{ className, ...rest },
    probability: expect.closeTo(probability, 6) as number,
  }));

describe('pictures in folders', () => {
  it('get the answers of classify, in the order of their names, in batches and with views', async () => {
    for (const options of [{}, { views: ['mirror', 'brightness'] }, { top: 1 }] as const) {
      await expectNoLeak(async () => {
        const found = await all(at('pictures'), { ...options, batchSize: 3 });
        const paths = found.map(({ path }) => path);
        expect(paths).toHaveLength(20);
        expect(paths).toEqual([...paths].sort());
        const expected = await classifier.classify(paths, options);
        for (const [i, { classes }] of found.entries()) {
          expect(classes).toEqual(close(expected[i] ?? []));
        }
      });
    }
  });

  it('have their familiarity, and are rejected by it', async () => {
    await drawPictures(at('many'), 30);
    const options = { familiarity: true, reject: true, views: ['mirror'] } as const;
    const found = await all(at('many'), options);
    const expected = await classifier.classify(
      found.map(({ path }) => path),
      options,
    );
    expect(found.some(({ classes }) => classes.length === 0)).toBe(true);
    for (const [i, { familiarity, classes }] of found.entries()) {
      expect(familiarity).toBe(expected[i]?.familiarity);
      expect(classes).toEqual(close(expected[i]?.classes ?? []));
    }
  });

  it('are mixed with files, each once; hidden files, other files and circles of links are passed by', async () => {
    cpSync(at('pictures/dark'), at('mixed/deep/deeper'), { recursive: true });
    cpSync(at('pictures/light/1.png'), at('mixed/.hidden.png'));
    writeFileSync(at('mixed/notes.txt'), 'no picture');
    symlinkSync(at('mixed'), at('mixed/deep/circle'));
    symlinkSync(at('mixed/deep'), at('mixed/deep/own'));
    const file = at('pictures/light/0.png');
    const found = await all([pathToFileURL(file), at('mixed'), at('mixed/deep/deeper/3.png')]);
    const own = Array.from({ length: 10 }, (_, i) => at(`mixed/deep/deeper/${i}.png`));
    expect(found.map(({ path }) => path)).toEqual([file, ...own]);
  });

  it('that are broken are left out, or end it', async () => {
    cpSync(at('pictures/dark'), at('partly'), { recursive: true });
    writeFileSync(at('partly/4.png'), 'no picture');
    const warnings: string[] = [];
    const onWarning = ({ message }: Error) => warnings.push(message);
    const seen: Progress[] = [];
    const onProgress = (progress: Progress) => seen.push(progress);
    expect(await all(at('partly'), { onWarning, onProgress, batchSize: 4 })).toHaveLength(9);
    expect(warnings).toEqual([expect.stringContaining(at('partly/4.png'))]);
    const done = seen.map((each) => each.done);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(seen[0]).toEqual({ label: 'classification', done: 0, total: 10, unit: 'pictures' });
    expect(seen.at(-1)).toMatchObject({ done: 10, total: 10 });
    await expect(all(at('partly'), { strict: true })).rejects.toThrow(at('partly/4.png'));
    await expect(all([at('partly/4.png'), at('none.png')])).rejects.toMatchObject({
      name: 'PictureError',
      message: expect.stringContaining('got none among 2') as string,
    });
  });
});

describe('the cache', () => {
  it('is that of training: no picture goes through the backbone again', async () => {
    const cached = () => readdirSync(at('cache'), { recursive: true }).length;
    const before = cached();
    await classifier.save(at('saved'));
    const saved = await loadClassifier(at('saved'));
    const found = await all(at('pictures'), { cacheFolder: at('cache') }, saved);
    // Nothing was run.
    expect(saved.engine).toBeUndefined();
    expect(cached()).toBe(before);
    const fresh = await all(at('pictures'), {}, saved);
    expect(saved.engine).toBeDefined();
    for (const [i, { classes }] of found.entries()) {
      expect(classes).toEqual(close(fresh[i]?.classes ?? []));
    }
    saved.dispose();
  });

  it('has features of their own for views and for a fine-tuned backbone', async () => {
    await classifier.save(at('to-tune'));
    const tuned = await loadClassifier(at('to-tune'));
    await tuned.fineTune(at('pictures'), { epochs: 1, learningRate: 0.1 });
    for (const options of [{}, { views: ['mirror'] }] as const) {
      const found = await all(at('pictures'), { ...options, cacheFolder: at('cache') }, tuned);
      const expected = await tuned.classify(
        found.map(({ path }) => path),
        options,
      );
      for (const [i, { classes }] of found.entries()) {
        expect(classes).toEqual(close(expected[i] ?? []));
      }
    }
    tuned.dispose();
  });

  it('is refused where it isn’t known where the backbone ends; without one, such a model answers', async () => {
    const model = miniClassifier('v1', 2, 1);
    model.setUserDefinedMetadata({});
    const whole = await loadClassifier(model, { classes: ['a', 'b'], preprocessing: 'tf' });
    await expect(all(at('pictures'), { cacheFolder: at('cache') }, whole)).rejects.toThrow(
      /^cacheFolder: expected none /,
    );
    await expectNoLeak(async () => {
      const found = await all(at('pictures'), { views: ['mirror'] }, whole);
      const paths = found.map(({ path }) => path);
      const expected = await whole.classify(paths, { views: ['mirror'] });
      for (const [i, { classes }] of found.entries()) {
        expect(classes).toEqual(close(expected[i] ?? []));
      }
    });
    whole.dispose();
  });
});

describe('classifyFiles', () => {
  it.each<[string, unknown, ClassifyFilesOptions]>([
    ['pictures', [], {}],
    ['pictures', 5, {}],
    ['pictures', ['https://example.org/a.png'], {}],
    ['top', 'none.png', { top: 0 }],
    ['batchSize', 'none.png', { batchSize: 0 }],
    ['options', 'none.png', { all: true } as ClassifyFilesOptions],
  ])('refuses %s', async (subject, pictures, options) => {
    await expect(all(pictures as string, options)).rejects.toMatchObject({
      name: 'ArgumentError',
      message: expect.stringMatching(new RegExp(`^${subject}: expected`)) as string,
    });
  });

  it('refuses what is no classifier, and a folder without pictures', async () => {
    await expect(all('a.png', {}, {} as Classifier)).rejects.toThrow(/^classifier: expected/);
    cpSync(at('mixed/notes.txt'), at('empty/notes.txt'));
    await expect(all(at('empty'))).rejects.toThrow(/it has none, and 1 file that isn't a picture/);
  });

  it('ends when told, and goes on while the classifier is fine-tuned but not once it is disposed', async () => {
    await expectNoLeak(async () => {
      const some = classifyFiles(classifier, at('pictures'));
      await some.next();
      await some.return();
      const controller = new AbortController();
      controller.abort(new Error('enough'));
      const { signal } = controller;
      await expect(all(at('pictures'), { signal })).rejects.toThrow('enough');
    });
    await classifier.save(at('own'));
    const own = await loadClassifier(at('own'));
    const options = { batchSize: 1 };
    const files = classifyFiles(own, at('pictures'), options);
    const first = await files.next();
    await own.fineTune(at('pictures'), { epochs: 1 });
    expect((await files.next()).done).toBe(false);
    expect(first.done).toBe(false);
    await files.return();
    const others = classifyFiles(own, at('pictures'), options);
    own.dispose();
    await expect(others.next()).rejects.toThrow(/disposed/);
  });
});
