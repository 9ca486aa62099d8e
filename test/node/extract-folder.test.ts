import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import * as tf from '@tensorflow/tfjs';
import { extractFeatures, flattenedHead, type Head, pooledHead, preprocess } from 'resnet-heads';
import {
  extractFolder,
  type ExtractFolderOptions,
  type LabelledFile,
  imageBatches,
  readImageFolder,
} from 'resnet-heads/node';
import { expectNoLeak } from '../setup/memory';
import { miniResnet } from '../setup/mini-resnet';
import { OTHER_BASES, smallBase } from '../setup/small-base';

let folder: string;
let cacheFolder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-extract-'));
  cacheFolder = join(folder, 'cache');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Draws a picture that no other number gives. */
async function draw(path: string, number: number): Promise<void> {
  const background = { r: (number * 37) % 256, g: (number * 91) % 256, b: (number * 151) % 256 };
  const picture = sharp({ create: { width: 40, height: 48, channels: 3, background } });
  await picture.png().toFile(path);
}

async function pictures(count: number): Promise<readonly LabelledFile[]> {
  for (let i = 0; i < count; i++) {
    const place = join(folder, 'pictures', i % 2 === 0 ? 'even' : 'odd');
    mkdirSync(place, { recursive: true });
    await draw(join(place, `${i}.png`), i);
  }
  return (await readImageFolder(join(folder, 'pictures'))).images;
}

const OPTIONS: ExtractFolderOptions = { preprocessing: 'tf', inputSize: [32, 32], batchSize: 3 };

const cached = () => {
  const [way] = readdirSync(cacheFolder);
  return readdirSync(join(cacheFolder, way!)).map((name) => join(cacheFolder, way!, name));
};

describe('extractFolder', () => {
  it('gives what extractFeatures gives of the same pictures', async () => {
    const base = miniResnet('v1', 1);
    const images = await pictures(7);
    await expectNoLeak(async () => {
      const found = await extractFolder(base, images, OPTIONS);
      expect(found.computed).toBe(7);
      expect(found.images).toEqual(images);
      const batches = async function* () {
        for await (const batch of imageBatches(images, { height: 32, width: 32 })) {
          const ready = preprocess(batch.pixels, 'tf');
          batch.pixels.dispose();
          yield { images: ready, labels: batch.images.map(({ label }) => label) };
        }
      };
      const expected = await extractFeatures(base, batches());
      expect(found.labels).toEqual(expected.labels);
      expect(found.values.dataSync()).toBeAllclose(expected.values.dataSync(), 1e-5);
      tf.dispose([found.values, expected.values]);
    });
    base.dispose();
  });

  it('computes a picture once: ten more cost ten', async () => {
    const base = miniResnet('v1', 1);
    const run = async (images: readonly LabelledFile[], options = {}) => {
      const found = await extractFolder(base, images, { ...OPTIONS, cacheFolder, ...options });
      const values = [...found.values.dataSync()];
      found.values.dispose();
      return { values, computed: found.computed };
    };
    const head = pooledHead({ numClasses: 2 });
    const first = await run(await pictures(5), { head });
    expect(first.computed).toBe(5);
    const again = await run(await pictures(5), { head });
    expect(again).toEqual({ values: first.values, computed: 0 });
    expect((await run(await pictures(8), { head })).computed).toBe(3);
    expect(readFileSync(cached()[0]!).length).toBeLessThan(1_000);
    // Another way of computing them is another matter.
    expect((await run(await pictures(8))).computed).toBe(8);
    expect((await run(await pictures(8), { preprocessing: 'torch' })).computed).toBe(8);
    expect(
      (await run(await pictures(8), { head: flattenedHead({ numClasses: 2 }) })).computed,
    ).toBe(8);
    const other = miniResnet('v1', 2);
    const found = await extractFolder(other, await pictures(8), { ...OPTIONS, head, cacheFolder });
    expect(found.computed).toBe(8);
    found.values.dispose();
    other.dispose();
    base.dispose();
  });

  it.each(OTHER_BASES)(
    'computes anew for a base with the same weights and another %s',
    async (_, other) => {
      const images = await pictures(4);
      const head = pooledHead({ numClasses: 2 });
      const run = async (base: tf.LayersModel, cache: boolean) => {
        const found = await extractFolder(base, images, {
          ...{ ...OPTIONS, head },
          ...(cache && { cacheFolder }),
        });
        const values = [...found.values.dataSync()];
        found.values.dispose();
        base.dispose();
        return { values, computed: found.computed };
      };
      const first = await run(smallBase(), true);
      const truth = await run(smallBase(other), false);
      expect(truth.values).not.toEqual(first.values);
      expect(await run(smallBase(other), true)).toEqual(truth);
      // Names alone make no other base.
      expect(await run(smallBase(), true)).toEqual({ values: first.values, computed: 0 });
    },
  );

  it('computes anew for a head that pools the same features in another way', async () => {
    const images = await pictures(4);
    const base = smallBase();
    const pooling = (averageFirst: boolean): Head => ({
      name: 'mine',
      apply: (layers, features) => {
        const [avg, max] = [
          layers.globalAveragePooling2d({ name: 'avg' })(features),
          layers.globalMaxPooling2d({ name: 'max' })(features),
        ];
        const pooled = layers.concatenate({ name: 'both' })(averageFirst ? [avg, max] : [max, avg]);
        return layers.dense({ name: 'predictions', units: 2 })(pooled);
      },
    });
    const run = async (averageFirst: boolean) => {
      const head = pooling(averageFirst);
      const found = await extractFolder(base, images, { ...OPTIONS, head, cacheFolder });
      found.values.dispose();
      return found.computed;
    };
    expect([await run(true), await run(false), await run(true)]).toEqual([4, 4, 0]);
    base.dispose();
  });

  it('computes anew for another input size', async () => {
    const images = await pictures(2);
    const head = pooledHead({ numClasses: 2 });
    const run = async (size: number) => {
      const base = smallBase({ size });
      const inputSize = [size, size] as const;
      const found = await extractFolder(base, images, { ...OPTIONS, inputSize, head, cacheFolder });
      found.values.dispose();
      base.dispose();
      return found.computed;
    };
    expect([await run(32), await run(24), await run(32)]).toEqual([2, 2, 0]);
  });

  it('finds out what is torn, foreign or damaged, and computes it anew', async () => {
    const base = miniResnet('v1', 1);
    const images = await pictures(6);
    const run = async () => {
      const found = await extractFolder(base, images, { ...OPTIONS, cacheFolder });
      const values = [...found.values.dataSync()];
      found.values.dispose();
      return { values, computed: found.computed };
    };
    const first = await run();
    const [torn, foreign, flipped, empty] = cached() as [string, string, string, string];
    const bytes = readFileSync(torn);
    writeFileSync(torn, bytes.subarray(0, bytes.length - 9));
    writeFileSync(foreign, readFileSync(cached()[4]!));
    const damaged = readFileSync(flipped);
    damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1;
    writeFileSync(flipped, damaged);
    writeFileSync(empty, '');
    const second = await run();
    expect(second.computed).toBe(4);
    expect(second.values).toEqual(first.values);
    expect((await run()).computed).toBe(0);
    base.dispose();
  });

  it('warns once of a cache that can’t be written, and computes all the same', async () => {
    const images = await pictures(7);
    const base = miniResnet('v1', 1);
    const run = async (place?: string) => {
      const warnings: Error[] = [];
      const onWarning = (warning: Error) => warnings.push(warning);
      const found = await extractFolder(base, images, {
        ...{ ...OPTIONS, onWarning },
        ...(place !== undefined && { cacheFolder: place }),
      });
      const values = [...found.values.dataSync()];
      found.values.dispose();
      return { values, warnings };
    };
    const { values } = await run();
    // A file where the folder should be, and a folder in the place of every file that is to be written.
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const { values: first } = await run(cacheFolder);
    for (const path of cached()) {
      rmSync(path);
      mkdirSync(join(path, 'in the way'), { recursive: true });
    }
    await expectNoLeak(async () => {
      for (const place of [file, cacheFolder]) {
        const { warnings, ...found } = await run(place);
        expect(found.values).toEqual(values);
        expect(warnings.map(({ name }) => name)).toEqual(['ArgumentError']);
        expect(warnings[0]!.message).toMatch(
          /^.*: expected a cache to keep features in, got .*(ENOTDIR|EEXIST|EISDIR|ENOTEMPTY).*; they are computed all the same, and again next time$/,
        );
        expect(warnings[0]!.message).toContain(place);
      }
    });
    expect(first).toEqual(values);
    base.dispose();
  });

  it('goes on after a disk has become full', async () => {
    const images = await pictures(7);
    const base = miniResnet('v1', 1);
    const warnings: string[] = [];
    const { computed, values } = await extractFolder(base, images, {
      ...{ ...OPTIONS, cacheFolder },
      onWarning: ({ message }) => warnings.push(message),
      onProgress: ({ images: done }) => {
        if (done === 0 || done >= 6) return;
        const [way] = readdirSync(cacheFolder);
        rmSync(join(cacheFolder, way!), { recursive: true });
        writeFileSync(join(cacheFolder, way!), '');
      },
    });
    expect([computed, warnings.length]).toEqual([7, 1]);
    values.dispose();
    base.dispose();
  });

  it('skips what can’t be decoded and says so, or throws it, and keeps rows and labels together', async () => {
    const base = miniResnet('v1', 1);
    await pictures(4);
    writeFileSync(join(folder, 'pictures/even/1-broken.png'), 'no picture');
    const { images } = await readImageFolder(join(folder, 'pictures'));
    expect(images).toHaveLength(5);
    const skipped: string[] = [];
    const onSkip: ExtractFolderOptions['onSkip'] = (_, { path }) => skipped.push(path);
    const found = await extractFolder(base, images, { ...OPTIONS, onSkip });
    expect(skipped).toEqual([join(folder, 'pictures/even/1-broken.png')]);
    expect(found.images.map(({ label }) => label)).toEqual([...found.labels]);
    expect(found.values.shape[0]).toBe(4);
    found.values.dispose();
    await expectNoLeak(async () => {
      await expect(extractFolder(base, images, { ...OPTIONS, strict: true })).rejects.toThrow(
        '1-broken.png: expected a picture that can be decoded',
      );
      const none = images.filter(({ path }) => path.endsWith('broken.png'));
      await expect(extractFolder(base, none, OPTIONS)).rejects.toThrow(
        'images: expected pictures that can be decoded, got none among 1',
      );
    });
    base.dispose();
  });
});
