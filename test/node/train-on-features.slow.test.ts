import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import * as tf from '@tensorflow/tfjs';
import {
  type Backbone,
  type Classifier,
  denseHead,
  extractFeatures,
  type FeatureFiles,
  loadBackbone,
  loadClassifier,
  openFeatures,
  pooledHead,
  trainClassifier,
  type TrainOptions,
} from 'resnet-heads';
import { runJob } from '../../src/node/features/job';
import { listSource } from '../../src/node/features/listed';
import { localStore } from '../../src/node/features/local-store';
import { randomBy } from '../../src/random';
import { expectNoLeak, rejection } from '../setup/memory';
import { miniResnet } from '../setup/mini-resnet';

const EACH = 30;
const CLASSES = ['blue', 'green', 'red'];

let folder: string;
let backbone: Backbone;
const at = (...names: string[]) => join(folder, ...names);

/** Pictures whose classes overlap, one of them twice, and one in two classes. */
async function draw(place: string): Promise<void> {
  const random = randomBy(7);
  for (const [label, name] of CLASSES.entries()) {
    mkdirSync(join(place, name), { recursive: true });
    for (let i = 0; i < EACH; i++) {
      const level = (channel: number) => Math.floor(random() * 170) + (channel === label ? 0 : 60);
      const background = { r: level(2), g: level(1), b: level(0) };
      await sharp({ create: { width: 36, height: 36, channels: 3, background } })
        .png()
        .toFile(join(place, name, `${i}.png`));
    }
  }
  cpSync(join(place, 'red', '3.png'), join(place, 'red', 'copy.png'));
  cpSync(join(place, 'red', '4.png'), join(place, 'blue', 'stray.png'));
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-on-features-'));
  backbone = await loadBackbone(miniResnet('v1', 1), { preprocessing: 'tf' });
  await draw(at('pictures'));
  const head = pooledHead({ numClasses: 3 });
  await extractFeatures(backbone, at('pictures'), { out: at('features'), head });
  await extractFeatures(backbone, at('pictures'), { out: at('maps') });
  const [store, source] = [
    localStore(at('shards')),
    await listSource(at('pictures'), { shards: 4 }),
  ];
  await runJob(store, backbone, source, { dtype: 'float16', head });
});
afterAll(() => {
  backbone.dispose();
  rmSync(folder, { recursive: true, force: true });
});

/** What a classifier knows, but for how its features were obtained. */
function known({ training, classes }: Classifier) {
  return { ...training!, classes, computed: undefined, engine: undefined };
}

const recordIn = (out: string): object =>
  (JSON.parse(readFileSync(at(out, 'metadata.json'), 'utf8')) as { pictures: object }).pictures;

const SOLVERS = {
  'L-BFGS': {},
  'L-BFGS with a strength': { l2: 0.01 },
  Adam: { epochs: 3, learningRate: 0.05, classWeights: 'balanced' },
  AdamW: { epochs: 2, solver: 'adam' },
} as const satisfies Record<string, TrainOptions>;

/** With few validation pictures, the penalty is chosen by cross-validation. */
const FOLDED = [SOLVERS.AdamW, { validation: 0.1 }];

describe('trainClassifier on features in files', () => {
  it.each(Object.entries(SOLVERS))('gives what pictures give: %s', async (_, options) => {
    const features = await openFeatures(at('features'));
    await expectNoLeak(async () => {
      const [a, b] = [
        await trainClassifier(backbone, at('pictures'), { ...options, out: at('of-pictures') }),
        await trainClassifier(backbone, features, { ...options, out: at('of-features') }),
      ];
      const [expected, found] = [known(a), known(b)];
      expect(b.training).toMatchObject({ computed: 0, engine: a.training!.engine });
      expect(found.pictures).toEqual(expected.pictures);
      expect(found.validationAccuracy).toBe(expected.validationAccuracy);
      expect(found.accuracy).toBe(expected.accuracy);
      expect(found.temperature).toBeCloseTo(expected.temperature, 5);
      expect(recordIn('of-features')).toEqual(recordIn('of-pictures'));
      const weights = [a, b].map(({ model }) => model.weights.slice(-2).map((each) => each.read()));
      const [before, after] = weights.map((list) =>
        list.map((each) => [...each.dataSync()]).flat(),
      );
      expect(after!).toBeAllclose(before!, 'epochs' in options ? 0 : 1e-5);
      const [c, d] = [await a.evaluate(at('pictures')), await b.evaluate(features)];
      expect({ ...d, paths: undefined, ambiguous: undefined }).toEqual({
        ...{ ...c, paths: undefined, ambiguous: undefined },
        confidences: expect.anything() as unknown,
        calibration: expect.anything() as unknown,
      });
      a.dispose();
      b.dispose();
    });
    const [c, d] = [
      await loadClassifier(at('of-pictures')),
      await loadClassifier(at('of-features')),
    ];
    expect(d.knowsFamiliarity).toBe(c.knowsFamiliarity);
    c.dispose();
    d.dispose();
  });

  it('holds out the same pictures from several files', async () => {
    const options = { l2: 0.01, validation: 0.3, seed: 5 };
    const features = await openFeatures(at('shards'));
    await expectNoLeak(async () => {
      const a = await trainClassifier(backbone, at('pictures'), options);
      const b = await trainClassifier(backbone, features, options);
      const { pictures, duplicates, ...found } = b.training!;
      expect(pictures).toEqual(a.training!.pictures);
      expect(duplicates.acrossClasses.map((paths) => [...paths].sort())).toEqual([
        ['blue/stray.png', 'red/4.png'],
      ]);
      expect(found.validationAccuracy).toBe(a.training!.validationAccuracy);
      expect(found.validationLoss).toBeCloseTo(a.training!.validationLoss!, 3);
      expect((await b.evaluate(features)).total).toBe(b.training!.pictures.validation);
      a.dispose();
      b.dispose();
    });
  });

  it.each([
    ['with one skipped', [], ['red/7.png']],
    ['with several skipped, and views', ['mirror'], ['blue/0.png', 'green/3.png']],
    ['with views', ['brightness'], []],
  ] as const)(
    'gives what pictures give, to the bit, from several files: %s',
    async (name, views, broken) => {
      const place = at(name);
      cpSync(at('pictures'), place, { recursive: true });
      for (const each of broken) writeFileSync(join(place, each), 'no picture');
      const head = pooledHead({ numClasses: 3 });
      const [whole, features] = await Promise.all(
        [1, 3].map(async (shards) => {
          const out = at(`${name} in ${shards}`);
          const source = await listSource(place, { shards });
          await runJob(localStore(out), backbone, source, { dtype: 'float32', head, views });
          return openFeatures(out);
        }),
      );
      const { labels } = features!;
      expect(labels).toEqual(whole!.labels);
      const inOrder = labels.map((_, i) => i);
      for (const images of [inOrder, inOrder.map((i) => (i * 7) % labels.length)]) {
        const [expected, read] = [await whole!.read(images), await features!.read(images)];
        expect([...read.dataSync()]).toEqual([...expected.dataSync()]);
        tf.dispose([read, expected]);
      }
      await expectNoLeak(async () => {
        for (const options of views.length === 0 ? FOLDED : [SOLVERS.AdamW]) {
          const a = await trainClassifier(backbone, place, { ...options, views });
          const b = await trainClassifier(backbone, features!, options);
          const [before, after] = [a, b].map(({ model }) =>
            model.weights.slice(-2).flatMap((each) => [...each.read().dataSync()]),
          );
          expect(after!).toBeAllclose(before!, 'epochs' in options ? 0 : 1e-5);
          expect(known(b).pictures).toEqual(known(a).pictures);
          a.dispose();
          b.dispose();
        }
      });
    },
  );

  it('trains any head on whole maps', async () => {
    const head = denseHead({ numClasses: 3, hiddenUnits: 4 });
    const features = await openFeatures(at('maps'));
    await expectNoLeak(async () => {
      const a = await trainClassifier(backbone, at('pictures'), { head, epochs: 2 });
      const b = await trainClassifier(backbone, features, { head, epochs: 2 });
      expect(known(b).validationLoss).toBe(known(a).validationLoss);
      expect(known(b).loss).toBeCloseTo(known(a).loss, 6);
      expect(known(b).temperature).toBeCloseTo(known(a).temperature, 5);
      a.dispose();
      b.dispose();
    });
  });

  it('learns from views, and measures without', async () => {
    const [head, views] = [pooledHead({ numClasses: 3 }), ['mirror', 'brightness'] as const];
    const features = await extractFeatures(backbone, at('pictures'), {
      out: at('views'),
      head,
      views,
    });
    await expectNoLeak(async () => {
      const a = await trainClassifier(backbone, at('pictures'), { views, l2: 0.1 });
      const b = await trainClassifier(backbone, features, { l2: 0.1 });
      expect(known(b).pictures).toEqual(known(a).pictures);
      expect(known(b).loss).toBeCloseTo(known(a).loss, 6);
      expect(known(b).validationLoss).toBeCloseTo(known(a).validationLoss!, 6);
      expect((await b.evaluate(features)).total).toBe(b.training!.pictures.validation);
      a.dispose();
      b.dispose();
    });
  });

  it('takes validation features that were extracted by themselves', async () => {
    const head = pooledHead({ numClasses: 3 });
    const held = at('held');
    for (const name of CLASSES) cpSync(at('pictures', name), join(held, name), { recursive: true });
    rmSync(join(held, 'blue', 'stray.png'));
    for (let i = 6; i < EACH; i++) for (const name of CLASSES) rmSync(join(held, name, `${i}.png`));
    const validation = await extractFeatures(backbone, held, { out: at('held-features'), head });
    const features = await openFeatures(at('features'));
    const a = await trainClassifier(backbone, at('pictures'), { validation: held, l2: 0.1 });
    const b = await trainClassifier(backbone, features, { validation, l2: 0.1 });
    const c = await trainClassifier(backbone, at('pictures'), { validation, l2: 0.1 });
    for (const each of [b, c]) {
      expect(known(each).pictures).toEqual(known(a).pictures);
      expect(known(each).validationLoss).toBeCloseTo(known(a).validationLoss!, 6);
    }
    for (const each of [a, b, c]) each.dispose();
  });

  it('knows by itself that pictures have several labels', async () => {
    const list = CLASSES.flatMap((name, label) =>
      Array.from({ length: 12 }, (_, i) => ({
        picture: at('pictures', name, `${i + 10}.png`),
        label: CLASSES.filter((_, other) => other === label || (i + other) % 4 === 0),
      })),
    );
    const head = pooledHead({ numClasses: 3 });
    const several = { multiLabel: true, classes: CLASSES };
    const features = await extractFeatures(backbone, list, {
      ...several,
      out: at('several'),
      head,
    });
    await expectNoLeak(async () => {
      const a = await trainClassifier(backbone, list, { ...several, l2: 0.1 });
      const b = await trainClassifier(backbone, features, { l2: 0.1 });
      expect(known(b).validationLoss).toBeCloseTo(known(a).validationLoss!, 6);
      expect(b.thresholds).toEqual(a.thresholds);
      const [c, d] = [await a.evaluate(list), await b.evaluate(features)];
      expect(d.truth).toHaveLength(c.truth.length);
      expect({ ...d, truth: c.truth }).toMatchObject({ total: c.total, leftOut: c.leftOut });
      a.dispose();
      b.dispose();
    });
    expect(await rejection(trainClassifier(backbone, features, { multiLabel: false }))).toContain(
      'expected one label per picture, got several',
    );
  });
});

describe('refuses, before anything is written', () => {
  const refused = async (options: TrainOptions, from?: FeatureFiles, own: Backbone = backbone) => {
    const features = from ?? (await openFeatures(at('features')));
    const before = tf.memory().numTensors;
    const message = await rejection(
      trainClassifier(own, features, { ...options, out: at('none') }),
    );
    expect(existsSync(at('none'))).toBe(false);
    expect(tf.memory().numTensors).toBe(before);
    return message;
  };

  it('options that need pictures', async () => {
    for (const [name, value] of Object.entries({
      ...{ views: ['mirror'], classes: CLASSES, exclude: ['0.png'], cacheFolder: at('cache') },
      strict: true,
    })) {
      expect(await refused({ [name]: value })).toMatch(`${name}: expected none with features`);
    }
  });

  it('another backbone, preprocessing or pooling', async () => {
    const other = await loadBackbone(miniResnet('v1', 2), { preprocessing: 'tf' });
    expect(await refused({}, undefined, other)).toMatch(
      /features: expected features of the backbone, whose sha256 is .*, got those with another sha256: /,
    );
    other.dispose();
    const caffe = { ...backbone, preprocessing: 'caffe' } as const;
    expect(await refused({}, undefined, caffe)).toContain('whose preprocessing is "caffe"');
    const head = { name: 'dense', pooling: 'max', hiddenUnits: 4 } as const;
    expect(await refused({ head })).toContain('some pooled for another');
    expect(await refused({ head: 'dense' })).toContain('some pooled for another');
  });

  it('features that openFeatures() did not open', async () => {
    const opened = await openFeatures(at('features'));
    const { labels, classes, shape, featureShape } = opened;
    const read = (images: Int32Array) => opened.read(images);
    const own = { labels, classes, shape, featureShape, read };
    expect(await refused({}, own)).toContain('pictures: expected features from openFeatures()');
  });

  it('features where pictures are needed', async () => {
    const features = await openFeatures(at('features'));
    const classifier = await trainClassifier(backbone, features, { l2: 0.1 });
    // JavaScript callers can pass them to anything.
    const pictures = features as unknown as string;
    for (const call of [
      classifier.fineTune(pictures),
      classifier.report(pictures),
      classifier.evaluate(features, { views: ['mirror'] }),
      classifier.evaluate(features, { strict: true }),
      extractFeatures(backbone, pictures),
    ]) {
      expect(await rejection(call)).toMatch(/ArgumentError: (pictures|views|strict): expected/);
    }
    const other = await loadBackbone(miniResnet('v1', 2), { preprocessing: 'tf' });
    const unlike = await trainClassifier(other, at('pictures'), { l2: 0.1 });
    expect(await rejection(unlike.evaluate(features))).toContain('whose sha256 is');
    for (const each of [classifier, unlike]) each.dispose();
    other.dispose();
  });
});
