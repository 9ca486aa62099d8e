import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import * as tf from '@tensorflow/tfjs';
import {
  type Backbone,
  extractFeatures,
  type FloatFormat,
  fitHead,
  denseHead,
  loadBackbone,
  openFeatures,
  pooledHead,
} from 'resnet-heads';
import { localStore } from '../../src/node/features/local-store';
import { readManifest } from '../../src/node/features/manifest';
import { jobOf } from '../../src/node/features/shard';
import { expectNoLeak } from '../setup/memory';
import { miniResnet } from '../setup/mini-resnet';

const COUNT = 9;
const SHARD = 'features-00000-of-00001.parquet';
const HEAD = pooledHead({ numClasses: 2 });

let folder: string;
let pictures: string;
let backbone: Backbone;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-features-'));
  pictures = join(folder, 'pictures');
  for (let i = 0; i < COUNT; i++) {
    const place = join(pictures, i % 2 === 0 ? 'even' : 'odd');
    mkdirSync(place, { recursive: true });
    const background = { r: (i * 37) % 256, g: (i * 91) % 256, b: (i * 151) % 256 };
    const create = { width: 40, height: 48, channels: 3, background } as const;
    await sharp({ create })
      .png()
      .toFile(join(place, `${i}.png`));
  }
  backbone = await loadBackbone(miniResnet('v1', 1), { preprocessing: 'tf' });
});
afterAll(() => {
  backbone.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const at = (name: string) => join(folder, name);
const write = (name: string, dtype?: FloatFormat) =>
  extractFeatures(backbone, pictures, { out: at(name), head: HEAD, ...(dtype && { dtype }) });
const inMemory = () => extractFeatures(backbone, pictures, { head: HEAD });

/** Changes the manifest of a folder of features. */
function changeManifest(name: string, change: object): void {
  const path = join(at(name), '_manifest.json');
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), ...change }));
}

describe('features in files', () => {
  it.each([
    ['float32', 0],
    ['float16', 5e-4],
  ] as const)('holds the same as in memory: %s', async (dtype, error) => {
    const expected = await inMemory();
    await expectNoLeak(async () => {
      const written = await write(dtype, dtype);
      const opened = await openFeatures(at(dtype));
      for (const { labels, classes, shape, featureShape } of [written, opened]) {
        expect({ labels, classes, shape, featureShape }).toEqual({
          ...{ labels: expected.labels, classes: ['even', 'odd'] },
          ...{ shape: expected.values.shape.slice(1), featureShape: expected.featureShape },
        });
      }
      const all = await opened.read(Int32Array.from(expected.labels.keys()));
      expect(all.shape).toEqual(expected.values.shape);
      expect(all.dataSync()).toBeAllclose(expected.values.dataSync(), error);
      const order = [4, 5, 0, 8, 8, 3];
      const some = await opened.read(Int32Array.from(order));
      const wanted = tf.tidy(() => tf.gather(all, order));
      expect(some.dataSync()).toEqual(wanted.dataSync());
      tf.dispose([all, some, wanted]);
    });
    expected.values.dispose();
  });

  it('keeps which images are views of one picture', async () => {
    const options = { head: HEAD, views: ['mirror', 'rotation'] } as const;
    const expected = await extractFeatures(backbone, pictures, options);
    await expectNoLeak(async () => {
      const written = await extractFeatures(backbone, pictures, { ...options, out: at('views') });
      expect([written.views, written.labels]).toEqual([4, expected.labels]);
      const all = await written.read(Int32Array.from(written.labels.keys()));
      expect(all.dataSync()).toEqual(expected.values.dataSync());
      const fits = [await fitHead(HEAD, expected), await fitHead(HEAD, written)];
      const [inMemory, stored] = fits.map(({ head, ...fit }) => {
        head.dispose();
        return fit;
      });
      expect(stored!.validationAccuracy).toBe(inMemory!.validationAccuracy);
      expect(stored!.validationLoss).toBeCloseTo(inMemory!.validationLoss!, 4);
      all.dispose();
    });
    expected.values.dispose();
  });

  it('trains the same head as features in memory, with both solvers, to the bit', async () => {
    const features = await inMemory();
    const stored = await write('trains');
    await expectNoLeak(async () => {
      for (const options of [{ l2: 0.1 }, { epochs: 2, batchSize: 4 }]) {
        const heads = [
          await fitHead(HEAD, features, { ...options, validation: stored }),
          await fitHead(HEAD, stored, { ...options, validation: features }),
        ];
        const [a, b] = heads.map(({ head }) => head.getWeights().map((w) => [...w.dataSync()]));
        if ('l2' in options) {
          expect(b!.flat()).toBeAllclose(a!.flat(), 1e-5);
        } else expect(b).toEqual(a);
        expect(heads[1]!.validationLoss).toBeCloseTo(heads[0]!.validationLoss!, 6);
        for (const { head } of heads) head.dispose();
      }
    });
    features.values.dispose();
  });

  it('keeps maps for any head, and pools them as they are read', async () => {
    const maps = await extractFeatures(backbone, pictures, { out: at('maps') });
    expect(maps.shape).toEqual(maps.featureShape);
    const pooled = await write('pooled');
    await expectNoLeak(async () => {
      const a = await fitHead(HEAD, maps, { l2: 0.1 });
      const b = await fitHead(HEAD, pooled, { l2: 0.1 });
      expect(a.loss).toBeCloseTo(b.loss, 5);
      const dense = denseHead({ numClasses: 2, hiddenUnits: 4 });
      const c = await fitHead(dense, maps, { epochs: 1 });
      for (const { head } of [a, b, c]) head.dispose();
      await expect(fitHead(dense, pooled, { epochs: 1 })).rejects.toThrow('features.shape');
    });
  });

  it('keeps several labels of a picture', async () => {
    const list = readdirSync(join(pictures, 'even')).map((name, i) => ({
      picture: join(pictures, 'even', name),
      label: [['a'], ['a', 'b'], []][i % 3]!,
    }));
    const options = { multiLabel: true, head: HEAD, classes: ['a', 'b'] };
    const features = await extractFeatures(backbone, list, options);
    await extractFeatures(backbone, list, { ...options, out: at('several') });
    const stored = await openFeatures(at('several'));
    expect(stored.labelSets).toEqual(features.labelSets);
    expect(stored.labels).toEqual(features.labels);
    await expectNoLeak(async () => {
      const sigmoids = pooledHead({ numClasses: 2, activation: 'sigmoid' });
      const a = await fitHead(sigmoids, features, { l2: 0.1 });
      const b = await fitHead(sigmoids, stored, { l2: 0.1 });
      expect(b.loss).toBeCloseTo(a.loss, 6);
      for (const { head } of [a, b]) head.dispose();
    });
    features.values.dispose();
    const wrong = list.map(({ picture }, i) => ({ picture, label: i % 2 ? 'b' : 'a|' }));
    const ambiguous = extractFeatures(backbone, wrong, {
      ...{ ...options, classes: ['a|', 'b'], out: at('ambiguous') },
    });
    await expect(ambiguous).rejects.toThrow('expected class names without |, got "a|"; files of');
    // As another program might have written them.
    await extractFeatures(backbone, wrong, {
      ...{ head: HEAD, classes: ['a|', 'b'], out: at('ambiguous') },
    });
    const store = localStore(at('ambiguous'));
    const manifest = (await readManifest(store))!;
    const path = join(at('ambiguous'), SHARD);
    const bytes = readFileSync(path, 'latin1');
    const several = { ...manifest, multiLabel: true, classes: null };
    changeManifest('ambiguous', several);
    writeFileSync(path, bytes.replace(jobOf(manifest), jobOf(several)), 'latin1');
    await expect(openFeatures(at('ambiguous'))).rejects.toThrow(
      /parquet: expected a name before and after each \|, got "a\|" in row 0; /,
    );
  });

  it('leaves features that are there, and refuses others', async () => {
    const file = join(at('again'), SHARD);
    await write('again');
    expect(readdirSync(at('again')).sort()).toEqual(['_manifest.json', SHARD]);
    const before = statSync(file).mtimeMs;
    const again = await write('again');
    expect(statSync(file).mtimeMs).toBe(before);
    expect(again.labels).toHaveLength(COUNT);
    await expect(write('again', 'float16')).rejects.toThrow(
      /with another number format: "float32", not "float16"; pass another folder/,
    );
    writeFileSync(join(at('again'), 'notes.txt'), '');
    await expect(write('again')).rejects.toThrow('notes.txt');
    expect(statSync(file).mtimeMs).toBe(before);
  });

  it('writes a file again that is missing or cut off', async () => {
    await write('mended');
    const file = join(at('mended'), SHARD);
    const bytes = readFileSync(file);
    truncateSync(file, 300);
    await write('mended');
    expect(readFileSync(file).equals(bytes)).toBe(true);
    rmSync(file);
    await write('mended');
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  it('tells of a byte that has changed', async () => {
    const features = await write('flipped');
    const file = join(at('flipped'), SHARD);
    const bytes = readFileSync(file);
    bytes[1500]! ^= 1;
    writeFileSync(file, bytes);
    await expect(features.read(Int32Array.of(0))).rejects.toThrow('open the features again');
    const opened = await openFeatures(at('flipped'));
    await expect(opened.read(Int32Array.of(0))).rejects.toThrow('got a damaged one');
  });

  it('leaves no incomplete file if it is stopped', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expectNoLeak(async () => {
      const options = { out: at('stopped'), signal };
      await expect(extractFeatures(backbone, pictures, options)).rejects.toThrow('enough');
    });
    expect(readdirSync(at('stopped'))).toEqual(['_manifest.json']);
    await expect(openFeatures(at('stopped'))).rejects.toThrow(`${SHARD}: expected a file`);
  });

  it('refuses what it can’t honour', async () => {
    const wrong = { out: at('wrong'), dtype: 'int8' as FloatFormat };
    await expect(extractFeatures(backbone, pictures, wrong)).rejects.toThrow('dtype');
    const within = { out: join(pictures, 'features') };
    await expect(extractFeatures(backbone, pictures, within)).rejects.toThrow('out');
    const cached = { out: at('wrong'), cacheFolder: at('cache') } as object;
    await expect(extractFeatures(backbone, pictures, cached)).rejects.toThrow('cacheFolder');
    const noOut = { dtype: 'float16' } as object;
    await expect(extractFeatures(backbone, pictures, noOut)).rejects.toThrow('dtype');
    const list = ['a', 'b'].map((label) => ({ picture: tf.zeros<tf.Rank.R3>([8, 8, 3]), label }));
    const inHand = { out: at('wrong') };
    await expect(extractFeatures(backbone, list, inHand)).rejects.toThrow('out');
    tf.dispose(list.map(({ picture }) => picture));
    expect(existsSync(at('wrong'))).toBe(false);
  });

  it.each<[string, number, FloatFormat, RegExp]>([
    ['too small for float16', 1e-11, 'float16', /^dtype: expected a largest feature from /],
    ['too large for float16', 1e4, 'float16', /^dtype: expected a largest feature from /],
    ['NaN', NaN, 'float32', /^backbone: expected finite features, got NaN for .*\.png; /],
    ['infinite', 3e38, 'float32', /^backbone: expected finite features, got Infinity for /],
  ])(
    'refuses features that are %s, and leaves no file of them',
    async (what, factor, dtype, error) => {
      const input = tf.input({ shape: [8, 8, 3] });
      const layer = tf.layers.conv2d({
        ...{ filters: 2, kernelSize: 1, useBias: false },
        kernelInitializer: tf.initializers.constant({ value: factor }),
      });
      const model = tf.model({ inputs: input, outputs: layer.apply(input) as tf.SymbolicTensor });
      const own = await loadBackbone(model, { preprocessing: 'none' });
      await expectNoLeak(async () => {
        const options = { out: at(what), head: HEAD, dtype };
        await expect(extractFeatures(own, pictures, options)).rejects.toThrow(error);
      });
      expect(readdirSync(at(what))).toEqual(['_manifest.json']);
      own.dispose();
    },
  );

  it.each<[string, string, (name: string) => void]>([
    [
      'no manifest',
      'one without _manifest.json',
      (name) => {
        rmSync(join(at(name), '_manifest.json'));
      },
    ],
    [
      'no JSON',
      '_manifest.json: expected JSON',
      (name) => {
        writeFileSync(join(at(name), '_manifest.json'), '{');
      },
    ],
    [
      'another version',
      'version',
      (name) => {
        changeManifest(name, { version: 2 });
      },
    ],
    [
      'no shard',
      'features-00000',
      (name) => {
        rmSync(join(at(name), SHARD));
      },
    ],
    [
      'another manifest',
      'got one of another extraction',
      (name) => {
        changeManifest(name, { shape: [3] });
      },
    ],
    [
      'a shard cut off',
      'features-00000',
      (name) => {
        truncateSync(join(at(name), SHARD), 300);
      },
    ],
  ])('tells of a folder with %s', async (what, subject, damage) => {
    const name = `damaged, ${what}`;
    await write(name);
    damage(name);
    await expect(openFeatures(at(name))).rejects.toThrow(subject);
  });

  it('tells of a folder that is missing, and of files that change after opening', async () => {
    await expect(openFeatures(at('nowhere'))).rejects.toThrow('there is no such folder');
    const features = await write('changes');
    truncateSync(join(at('changes'), SHARD), 1500);
    await expectNoLeak(async () => {
      await expect(fitHead(HEAD, features)).rejects.toThrow('features-00000');
      await expect(fitHead(HEAD, features, { epochs: 1 })).rejects.toThrow('features-00000');
      await expect(features.read(Int32Array.of(COUNT))).rejects.toThrow('images: expected');
    });
  });
});
