import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import * as tf from '@tensorflow/tfjs';
import {
  type Backbone,
  extractFeatures,
  type ExtractOptions,
  loadBackbone,
  pooledHead,
  type ViewName,
} from 'resnet-heads';
import { decodeImage } from '../../src/node/images/decode';
import { viewPixels, VIEWS } from '../../src/pictures/view-pixels';
import { cachedFiles } from '../setup/cached';
import { expectNoLeak } from '../setup/memory';
import { miniResnet } from '../setup/mini-resnet';

const HEAD = pooledHead({ numClasses: 2 });
const SIZE = 32;

let folder: string;
let cacheFolder: string;
let pictures: string;
let backbone: Backbone;
beforeAll(async () => {
  backbone = await loadBackbone(miniResnet('v1', 1), { preprocessing: 'tf' });
});
afterAll(() => {
  backbone.dispose();
});
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-views-'));
  cacheFolder = join(folder, 'cache');
  pictures = join(folder, 'pictures');
  for (let i = 0; i < 5; i++) await draw(i < 3 ? 'dark' : 'light', i);
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Draws a picture, the brighter the higher its number. */
async function draw(name: string, i: number): Promise<void> {
  const place = join(pictures, name);
  mkdirSync(place, { recursive: true });
  const noise = { type: 'gaussian', mean: 60 + 30 * i, sigma: 50 } as const;
  const create = { width: 40, height: 48, channels: 3, background: 'black', noise } as const;
  await sharp({ create })
    .png()
    .toFile(join(place, `${i}.png`));
}

async function run(views?: readonly ViewName[], options: ExtractOptions = {}) {
  const own = { head: HEAD, batchSize: 3, ...(views && { views }), ...options };
  const { values, ...found } = await extractFeatures(backbone, pictures, own);
  const rows = (await values.array()) as number[][];
  values.dispose();
  return { ...found, rows };
}

/** When each cached file was written, by way of computing. */
const written = () =>
  readdirSync(cacheFolder).map((way) =>
    readdirSync(join(cacheFolder, way)).map((name) => {
      const { mtimeNs, ino } = statSync(join(cacheFolder, way, name), { bigint: true });
      return `${way}/${name} ${mtimeNs} ${ino}`;
    }),
  );

/** What is told of features that all came from the cache. */
const CACHED = { computed: 0, engine: undefined };

describe('extractFeatures of files with views', () => {
  it('gives each picture, then its views', async () => {
    await expectNoLeak(async () => {
      const found = await run(['mirror', 'shift']);
      expect(found).toMatchObject({ views: 6, computed: 5 });
      expect(found.files).toHaveLength(5);
      expect([...found.labels]).toEqual([
        ...Array<number>(18).fill(0),
        ...Array<number>(12).fill(1),
      ]);
      const plain = await run();
      expect(plain.views).toBeUndefined();
      expect(found.rows.filter((_, row) => row % 6 === 0).flat()).toBeAllclose(
        plain.rows.flat(),
        1e-5,
      );
      const { pixels } = await decodeImage(found.files![4]!.path, { height: SIZE, width: SIZE });
      const list = [...VIEWS.mirror, ...VIEWS.shift].map((view, i) => {
        const bytes = viewPixels(pixels, [SIZE, SIZE], view);
        const picture = tf.tensor3d(Float32Array.from(bytes), [SIZE, SIZE, 3]);
        // Features need two classes.
        return { picture, label: i === 0 ? 'dark' : 'light' };
      });
      const own = await extractFeatures(backbone, list, { head: HEAD });
      expect(found.rows.slice(25).flat()).toBeAllclose(own.values.dataSync(), 1e-5);
      tf.dispose([own.values, list.map(({ picture }) => picture)]);
    });
  });

  it('caches each view apart: another one costs nothing but itself', async () => {
    const plain = await run(undefined, { cacheFolder });
    const before = written().flat();
    expect(before).toHaveLength(1);
    const mirrored = await run(['mirror'], { cacheFolder });
    expect(mirrored.computed).toBe(5);
    const both = await run(['brightness', 'mirror'], { cacheFolder });
    expect(both.computed).toBe(5);
    expect(written().map((way) => way.length)).toEqual([1, 1, 1, 1]);
    expect(written().flat()).toEqual(expect.arrayContaining(before));
    // Of each picture itself, then two of brightness, then the mirrored one.
    for (let picture = 0; picture < 5; picture++) {
      expect(both.rows[4 * picture]).toEqual(plain.rows[picture]);
      expect(both.rows[4 * picture + 3]).toEqual(mirrored.rows[2 * picture + 1]);
      expect(mirrored.rows[2 * picture]).toEqual(plain.rows[picture]);
    }
    const all = written().flat();
    expect(await run(['brightness', 'mirror'], { cacheFolder })).toEqual({ ...both, ...CACHED });
    expect(await run(['mirror'], { cacheFolder })).toEqual({ ...mirrored, ...CACHED });
    expect(await run(undefined, { cacheFolder })).toEqual({ ...plain, ...CACHED });
    expect(written().flat()).toEqual(all);
  });

  it('computes what is missing of a picture, and no more', async () => {
    await run(undefined, { cacheFolder });
    const kept = written().flat();
    const whole = await run(['mirror'], { cacheFolder });
    // Of five pictures, the mirrored ones are missing; of one, both.
    for (const path of cachedFiles(cacheFolder)) {
      if (!kept.some((each) => path.includes(each.split(' ')[0]!))) rmSync(path);
    }
    await draw('light', 5);
    const told: unknown[] = [];
    const again = await run(['mirror'], {
      cacheFolder,
      onProgress: ({ done, total }) => told.push([done, total]),
    });
    expect(again.computed).toBe(6);
    expect(again.rows.slice(0, 10).flat()).toBeAllclose(whole.rows.flat(), 1e-5);
    expect(told).toEqual([
      [0, 6],
      [3, 6],
      [6, 6],
    ]);
    expect(written().flat()).toEqual(expect.arrayContaining(kept));
  });

  it('leaves out all of a picture that can’t be decoded', async () => {
    writeFileSync(join(pictures, 'dark/1-broken.png'), 'no picture');
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    const found = await run(['mirror'], { cacheFolder, onWarning });
    expect(warnings.map(({ name }) => name)).toEqual(['PictureError']);
    expect([found.files?.length, found.labels.length, found.rows.length]).toEqual([5, 10, 10]);
  });
});
