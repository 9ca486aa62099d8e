import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import * as tf from '@tensorflow/tfjs';
import {
  type Backbone,
  extractFeatures,
  type ExtractOptions,
  flattenedHead,
  type Head,
  loadBackbone,
  pooledHead,
  preprocess,
  type Preprocessing,
} from 'resnet-heads';
import { extractFiles } from '../../src/node/extract-files';
import { imageBatches } from '../../src/node/images/batches';
import { readImageFolder } from '../../src/node/images/folder';
import { extractBatches } from '../../src/train/features';
import { cachedFiles, picturesIn } from '../setup/cached';
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

/** A folder of so many pictures, which has two classes. */
async function pictures(count: number): Promise<string> {
  for (let i = 0; i < count; i++) {
    const place = join(folder, 'pictures', i % 2 === 0 ? 'even' : 'odd');
    mkdirSync(place, { recursive: true });
    await draw(join(place, `${i}.png`), i);
  }
  return join(folder, 'pictures');
}

const OPTIONS: ExtractOptions = { batchSize: 3 };

/** The caller's, to dispose; that of the same model twice is one. */
const backboneOf = (
  model: tf.LayersModel,
  preprocessing: Preprocessing = 'tf',
): Promise<Backbone> => loadBackbone(model, { preprocessing });

/** Numbers of features whose tensor is disposed, and how many pictures were computed for them. */
async function run(backbone: Backbone, source: string, options: ExtractOptions = {}) {
  const found = await extractFeatures(backbone, source, { ...OPTIONS, ...options });
  const values = [...found.values.dataSync()];
  found.values.dispose();
  return { values, computed: found.computed };
}

const cached = () => cachedFiles(cacheFolder);

describe('extractFeatures of files', () => {
  it('gives what the backbone gives of the same pictures', async () => {
    const backbone = await backboneOf(miniResnet('v1', 1));
    const source = await pictures(7);
    const { images } = await readImageFolder(source);
    await expectNoLeak(async () => {
      const found = await extractFeatures(backbone, source, OPTIONS);
      expect(found).toMatchObject({ computed: 7, classes: ['even', 'odd'] });
      expect(found.files?.map(({ path, label }) => ({ path, label }))).toEqual(images);
      const batches = async function* () {
        for await (const batch of imageBatches(images, { height: 32, width: 32 })) {
          const ready = preprocess(batch.pixels, 'tf');
          batch.pixels.dispose();
          yield { images: ready, labels: batch.images.map(({ label }) => label) };
        }
      };
      const expected = await extractBatches({ ...backbone, preprocessing: 'none' }, batches());
      expect(found.labels).toEqual(expected.labels);
      expect(found.values.dataSync()).toBeAllclose(expected.values.dataSync(), 1e-5);
      tf.dispose([found.values, expected.values]);
    });
    backbone.dispose();
  });

  it('takes a list of paths and addresses, in its order, and classes in theirs', async () => {
    const backbone = await backboneOf(miniResnet('v1', 1));
    const source = await pictures(4);
    const list = [
      { picture: join(source, 'odd/3.png'), label: 'odd' },
      { picture: pathToFileURL(join(source, 'even/0.png')), label: 'even' },
      { picture: pathToFileURL(join(source, 'odd/1.png')).href, label: 'odd' },
    ];
    await expectNoLeak(async () => {
      const found = await extractFeatures(backbone, list, { classes: ['odd', 'even'] });
      expect(found.classes).toEqual(['odd', 'even']);
      expect([...found.labels]).toEqual([0, 1, 0]);
      expect(found.files?.map(({ path }) => path)).toEqual(
        ['odd/3.png', 'even/0.png', 'odd/1.png'].map((name) => join(source, name)),
      );
      const whole = await extractFeatures(backbone, source);
      const row = tf.tidy(() => whole.values.slice(3, 1).dataSync());
      expect(tf.tidy(() => found.values.slice(0, 1).dataSync())).toBeAllclose(row, 1e-6);
      tf.dispose([found.values, whole.values]);
    });
    backbone.dispose();
  });

  it('refuses what has two parts, and wrong options, before anything is computed', async () => {
    const backbone = await backboneOf(miniResnet('v1', 1));
    const source = await pictures(4);
    for (const part of ['train', 'val']) {
      cpSync(source, join(folder, 'parts', part), { recursive: true });
    }
    await expectNoLeak(async () => {
      await expect(extractFeatures(backbone, join(folder, 'parts'))).rejects.toThrow(
        `pictures: expected one part of a data set, got "${join(folder, 'parts')}"; it has "val" to validate on`,
      );
      for (const [wrong, message] of [
        [{ batchSize: 0 }, 'batchSize: expected a positive integer, got 0'],
        [{ engine: 'keras' as 'layers' }, 'engine: expected one of '],
        [{ classes: ['even'] }, 'classes: expected '],
        [{ classes: ['even', 'three'] }, `classes: expected those of ${source}: even, odd, got `],
        [null as never, 'options: expected an options object, got null'],
      ] as const) {
        await expect(extractFeatures(backbone, source, wrong)).rejects.toThrow(message);
      }
      await expect(extractFeatures(backbone.model as never, source)).rejects.toThrow(
        'backbone: expected one from loadBackbone(), got a tf.LayersModel',
      );
    });
    backbone.dispose();
  });

  it('computes a picture once: ten more cost ten', async () => {
    const model = miniResnet('v1', 1);
    const backbone = await backboneOf(model);
    const head = pooledHead({ numClasses: 2 });
    const more = { cacheFolder, head };
    const first = await run(backbone, await pictures(5), more);
    expect(first.computed).toBe(5);
    const again = await run(backbone, await pictures(5), more);
    expect(again).toEqual({ values: first.values, computed: 0 });
    expect((await run(backbone, await pictures(8), more)).computed).toBe(3);
    // One file of each run that computed any.
    expect(cached()).toHaveLength(2);
    expect(readFileSync(cached()[0]!).length).toBeLessThan(2_500);
    // Another way of computing them is another matter.
    const source = await pictures(8);
    expect((await run(backbone, source, { cacheFolder })).computed).toBe(8);
    const torch = await backboneOf(model, 'torch');
    expect((await run(torch, source, { cacheFolder })).computed).toBe(8);
    const flattened = flattenedHead({ numClasses: 2 });
    expect((await run(backbone, source, { cacheFolder, head: flattened })).computed).toBe(8);
    const other = await backboneOf(miniResnet('v1', 2));
    expect((await run(other, source, more)).computed).toBe(8);
    other.dispose();
    backbone.dispose();
  });

  it.each(OTHER_BASES)(
    'computes anew for a backbone with the same weights and another %s',
    async (_, other) => {
      const source = await pictures(4);
      const head = pooledHead({ numClasses: 2 });
      const once = async (model: tf.LayersModel, options: ExtractOptions) => {
        const backbone = await backboneOf(model);
        return run(backbone, source, { head, ...options }).finally(() => {
          backbone.dispose();
        });
      };
      const first = await once(smallBase(), { cacheFolder });
      const truth = await once(smallBase(other), {});
      expect(truth.values).not.toEqual(first.values);
      expect(await once(smallBase(other), { cacheFolder })).toEqual(truth);
      // Names alone make no other backbone.
      expect(await once(smallBase(), { cacheFolder })).toEqual({
        values: first.values,
        computed: 0,
      });
    },
  );

  it('computes anew for a head that pools the same features in another way', async () => {
    const source = await pictures(4);
    const backbone = await backboneOf(smallBase());
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
    const once = async (averageFirst: boolean) =>
      (await run(backbone, source, { head: pooling(averageFirst), cacheFolder })).computed;
    expect([await once(true), await once(false), await once(true)]).toEqual([4, 4, 0]);
    backbone.dispose();
  });

  it('computes anew for another input size', async () => {
    const source = await pictures(2);
    const head = pooledHead({ numClasses: 2 });
    const once = async (size: number) => {
      const backbone = await backboneOf(smallBase({ size }));
      const { computed } = await run(backbone, source, { head, cacheFolder });
      backbone.dispose();
      return computed;
    };
    expect([await once(32), await once(24), await once(32)]).toEqual([2, 2, 0]);
  });

  it('finds out what is torn, foreign or damaged, and computes it anew', async () => {
    const backbone = await backboneOf(miniResnet('v1', 1));
    let source = '';
    for (let count = 2; count <= 6; count++) {
      source = await pictures(count);
      await run(backbone, source, { cacheFolder });
    }
    const first = await run(backbone, source, { cacheFolder });
    const [torn, foreign, flipped, empty, left] = cached() as [string, ...string[]];
    const lost = 6 - (await picturesIn(left!));
    const bytes = readFileSync(torn);
    writeFileSync(torn, bytes.subarray(0, bytes.length - 9));
    writeFileSync(foreign!, readFileSync(left!));
    const damaged = readFileSync(flipped!);
    damaged[40] = (damaged.at(40) ?? 0) ^ 1;
    writeFileSync(flipped!, damaged);
    writeFileSync(empty!, '');
    const second = await run(backbone, source, { cacheFolder });
    expect(second.computed).toBe(lost);
    expect(second.values).toEqual(first.values);
    expect((await run(backbone, source, { cacheFolder })).computed).toBe(0);
    backbone.dispose();
  });

  it('warns once of a cache that can’t be written, and computes all the same', async () => {
    const source = await pictures(7);
    const backbone = await backboneOf(miniResnet('v1', 1));
    const warned = async (place?: string) => {
      const warnings: Error[] = [];
      const { values } = await run(backbone, source, {
        onWarning: (warning) => warnings.push(warning),
        ...(place !== undefined && { cacheFolder: place }),
      });
      return { values, warnings };
    };
    const { values } = await warned();
    // A file where the folder should be, or the one within.
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const { values: first } = await warned(cacheFolder);
    const [way] = readdirSync(cacheFolder);
    rmSync(join(cacheFolder, way!), { recursive: true });
    writeFileSync(join(cacheFolder, way!), '');
    await expectNoLeak(async () => {
      for (const place of [file, cacheFolder]) {
        const { warnings, ...found } = await warned(place);
        expect(found.values).toEqual(values);
        expect(warnings.map(({ name }) => name)).toEqual(['ArgumentError']);
        expect(warnings[0]!.message).toMatch(
          /^.*: expected a folder to cache features in, got .*(ENOTDIR|EEXIST|EISDIR|ENOTEMPTY).*; they are computed but not cached$/,
        );
        expect(warnings[0]!.message).toContain(place);
      }
    });
    expect(first).toEqual(values);
    backbone.dispose();
  });

  it('goes on after a disk has become full', async () => {
    const source = await pictures(7);
    const backbone = await backboneOf(miniResnet('v1', 1));
    const warnings: string[] = [];
    const told: number[] = [];
    const { computed } = await run(backbone, source, {
      cacheFolder,
      onWarning: ({ message }) => warnings.push(message),
      onProgress: ({ label, done, total, unit }) => {
        expect({ label, total, unit }).toEqual({ label: 'features', total: 7, unit: 'pictures' });
        told.push(done);
        if (done === 0 || done >= 6) return;
        writeFileSync(cacheFolder, '');
      },
    });
    expect([computed, warnings.length]).toEqual([7, 1]);
    expect(told).toEqual([0, 3, 6, 7]);
    backbone.dispose();
  });

  it('leaves out what can’t be decoded and says so, or throws it, and keeps rows and labels together', async () => {
    const backbone = await backboneOf(miniResnet('v1', 1));
    const source = await pictures(4);
    const broken = join(source, 'even/1-broken.png');
    writeFileSync(broken, 'no picture');
    const warnings: Error[] = [];
    const found = await extractFeatures(backbone, source, {
      ...OPTIONS,
      onWarning: (warning) => warnings.push(warning),
    });
    expect(warnings.map(({ name }) => name)).toEqual(['PictureError']);
    expect(warnings[0]!.message).toMatch(`${broken}: expected a picture that can be decoded, got `);
    expect(found.files?.map(({ label }) => label)).toEqual([...found.labels]);
    expect([...found.labels]).toEqual([0, 0, 1, 1]);
    expect(found.values.shape[0]).toBe(4);
    found.values.dispose();
    await expectNoLeak(async () => {
      await expect(
        extractFeatures(backbone, source, { ...OPTIONS, strict: true }),
      ).rejects.toMatchObject({
        name: 'PictureError',
        message: expect.stringContaining(
          '1-broken.png: expected a picture that can be decoded',
        ) as string,
      });
      const none = [{ path: broken, label: 0 }];
      await expect(extractFiles(backbone, none, { label: 'features' })).rejects.toThrow(
        'pictures: expected pictures that can be decoded, got none among 1',
      );
    });
    backbone.dispose();
  });
});
