import * as tf from '@tensorflow/tfjs';
import { type Backbone, loadBackbone, loadClassifier, trainClassifier } from 'resnet-heads';
import { shareBeyond } from '../../src/classifier/familiarity/familiarity';
import { fitFamiliarity } from '../../src/classifier/familiarity/fit';
import {
  describe as describeFeatures,
  distancesTo,
  spaceOf,
} from '../../src/classifier/familiarity/space';
import { randomBy } from '../../src/random';
import { sha256 } from '../../src/sha256';
import { parseSafetensors } from '../../src/weights/formats/safetensors';
import { writeSafetensors } from '../../src/weights/formats/write-safetensors';
import { colouredPictures } from '../setup/coloured-pictures';
import { expectNoLeak } from '../setup/memory';
import { miniResnet } from '../setup/mini-resnet';

type Files = Readonly<Record<string, Uint8Array>>;

const FILE = 'familiarity.safetensors';

const metadataOf = (files: Files) =>
  JSON.parse(new TextDecoder().decode(files['metadata.json'])) as Record<string, unknown>;

/** Files with other facts in their metadata. */
const withMetadata = (files: Files, facts: object): Files => ({
  ...files,
  'metadata.json': new TextEncoder().encode(JSON.stringify({ ...metadataOf(files), ...facts })),
});

/** Deviations along the axes, far enough apart for subspace iteration to separate them in three steps. */
const DEVIATIONS = [4, 1, 0.25, 0.05];

/** Rows of two classes, at 0 and at 10 along the last axis, that vary around them in pairs. */
function twoClasses() {
  const random = randomBy(3);
  const rows: number[][] = [];
  for (let i = 0; i < 40; i++) {
    const off = DEVIATIONS.map((deviation, axis) =>
      i % 4 === axis ? deviation * (1 + random()) : 0,
    );
    for (const sign of [1, -1]) {
      for (const place of [0, 10]) {
        rows.push(off.map((each, axis) => sign * each + (axis === 3 ? place : 0)));
      }
    }
  }
  return { rows, labels: Int32Array.from(rows, (_, i) => i % 2) };
}

describe('a space', () => {
  it('measures Mahalanobis distances, with the mean variance added to each variance', async () => {
    await expectNoLeak(async () => {
      const { rows, labels } = twoClasses();
      const values = tf.tensor2d(rows);
      const space = await spaceOf({ values, labels });
      for (const [i, each] of [0, 0, 0, 0, 0, 0, 0, 10].entries()) {
        expect(space.means[i]).toBeCloseTo(each, 4);
      }
      const variances = DEVIATIONS.map(
        (_, axis) =>
          rows.reduce(
            (sum, row, i) => sum + (row[axis]! - (axis === 3 ? 10 * (i % 2) : 0)) ** 2,
            0,
          ) / rows.length,
      );
      const mean = variances.reduce((sum, each) => sum + each, 0) / 4;
      const point = [3, -2, 1, 9];
      const expected = point.reduce(
        (sum, each, axis) =>
          sum + (each - (axis === 3 ? 10 : 0)) ** 2 / (variances[axis]! / mean + 1),
        0,
      );
      const at = tf.tensor2d([point]);
      const distance = distancesTo(space, at);
      expect(distance.dataSync()[0]).toBeCloseTo(expected, 3);
      tf.dispose([values, at, distance]);
    });
  });

  it('is Euclidean if the pictures of each class are equal', async () => {
    const values = tf.tensor2d([
      [1, 0],
      [1, 0],
      [0, 1],
    ]);
    const space = await spaceOf({ values, labels: Int32Array.of(0, 0, 2) });
    const at = tf.tensor2d([
      [1, 0],
      [0, 0.5],
    ]);
    const found = distancesTo(space, at);
    expect([...found.dataSync()]).toEqual([expect.closeTo(0, 5), expect.closeTo(0.25, 5)]);
    tf.dispose([values, at, found]);
  });

  it('describes maps, flattened maps and pooled maps alike', () => {
    const map = tf.randomUniform([3, 2, 2, 5], 0, 1, 'float32', 1);
    const flat = map.reshape([3, 20]);
    const pooled = map.mean([1, 2]);
    const [first, ...others] = [map, flat, pooled].map((each) => describeFeatures(each, 5));
    for (const other of others) {
      expect(other.sub(first!).abs().max().dataSync()[0]).toBeLessThan(1e-6);
    }
    const lengths = first!.norm(2, 1);
    for (const each of lengths.dataSync()) expect(each).toBeCloseTo(1, 5);
    tf.dispose([map, flat, pooled, lengths, first!, ...others]);
  });
});

describe('fitFamiliarity', () => {
  const cloud = (count: number, seed: number) => ({
    values: tf.randomUniform([count, 6], 0, 1, 'float32', seed),
    labels: Int32Array.from({ length: count }, (_, i) => i % 2),
  });

  it('measures at least 200 validation pictures alone, and with fewer the training pictures, too', async () => {
    await expectNoLeak(async () => {
      const training = cloud(50, 1);
      for (const [count, total] of [
        [200, 200],
        [30, 80],
      ] as const) {
        const held = cloud(count, 2);
        const { heldOut } = (await fitFamiliarity(training, held, 6))!;
        expect(heldOut).toHaveLength(total);
        expect([...heldOut]).toEqual([...heldOut].sort((a, b) => a - b));
        held.values.dispose();
      }
      expect((await fitFamiliarity(training, undefined, 6))?.heldOut).toHaveLength(50);
      training.values.dispose();
    });
  });

  it('keeps a bounded number of distances, the nearest and farther ones alike', async () => {
    const [training, held] = [cloud(50, 1), cloud(3000, 2)];
    expect((await fitFamiliarity(training, held, 6))?.heldOut).toHaveLength(1000);
    tf.dispose([training.values, held.values]);
  });

  it('knows nothing with fewer than 20 held-out pictures, of which 5 % are less than one', async () => {
    await expectNoLeak(async () => {
      for (const [train, validation, isEnough] of [
        [2, 0, false],
        [19, 0, false],
        [20, 0, true],
        [12, 7, false],
        [12, 8, true],
      ] as const) {
        const training = cloud(train, 1);
        const held = validation === 0 ? undefined : cloud(validation, 2);
        const found = await fitFamiliarity(training, held, 6);
        expect(found?.heldOut.length).toBe(isEnough ? 20 : undefined);
        tf.dispose([training.values, held?.values ?? []]);
      }
    });
  });

  it('leaves no class out of a space, and takes a single one', async () => {
    const { values } = cloud(24, 1);
    await expectNoLeak(async () => {
      const uneven = { values, labels: Int32Array.from({ length: 24 }, (_, i) => Math.min(i, 1)) };
      expect((await fitFamiliarity(uneven, undefined, 6))?.heldOut).toHaveLength(23);
      const single = { values, labels: new Int32Array(24) };
      expect((await fitFamiliarity(single, undefined, 6))?.heldOut).toHaveLength(24);
    });
    values.dispose();
  });
});

it('shareBeyond is 1 at the nearest held-out picture and 0 beyond the farthest', () => {
  const heldOut = Float32Array.of(1, 2, 3, 4);
  expect([0, 1, 3, 4, 5].map((each) => shareBeyond(heldOut, each))).toEqual([1, 1, 0.5, 0.25, 0]);
});

describe('classify', () => {
  const known = colouredPictures(10, ['red', 'green']);
  const [blue] = colouredPictures(1, ['blue']);
  let backbone: Backbone;
  beforeAll(async () => {
    backbone = await loadBackbone(miniResnet('v1', 1), { preprocessing: 'tf' });
  });
  afterAll(() => {
    tf.dispose([...known.map(({ picture }) => picture), blue!.picture]);
    backbone.dispose();
  });
  const [red] = known;

  it.each(['pooled', 'flattened', 'dense', { name: 'pooled', pooling: 'catavgmax' }] as const)(
    'tells known from unknown pictures, with a head saved alone as with a whole model: %j',
    async (head) => {
      await expectNoLeak(async () => {
        const classifier = await trainClassifier(backbone, known, {
          head,
          solver: 'adam',
          epochs: 1,
        });
        expect(classifier.knowsFamiliarity).toBe(true);
        const expected = await classifier.classify([red!.picture, blue!.picture], {
          familiarity: true,
        });
        expect(expected[0]!.familiarity).toBeGreaterThan(0.05);
        expect(expected[1]!.familiarity).toBe(0);
        // The same probabilities as without it.
        expect(expected.map(({ classes }) => classes)).toEqual(
          await classifier.classify([red!.picture, blue!.picture]),
        );
        expect(await classifier.classify(blue!.picture, { reject: true })).toEqual([]);
        expect(await classifier.classify(red!.picture, { reject: true, top: 1 })).toHaveLength(1);
        expect(
          await classifier.classify(blue!.picture, { reject: true, familiarity: true }),
        ).toEqual({ familiarity: 0, classes: [] });
        for (const scope of ['all', 'head'] as const) {
          const files = await classifier.files({ scope });
          const loaded = await loadClassifier(files, scope === 'head' ? { backbone } : {});
          expect(
            await loaded.classify([red!.picture, blue!.picture], { familiarity: true }),
          ).toEqual(expected);
          expect((await loaded.files())['familiarity.safetensors']).toEqual(
            files['familiarity.safetensors'],
          );
          loaded.dispose();
        }
        classifier.dispose();
      });
    },
  );

  it('is refused where the classifier can’t tell, and options that aren’t true or false', async () => {
    const classifier = await trainClassifier(backbone, known);
    const { model } = classifier;
    const files = await classifier.files();
    expect(metadataOf(files)['familiarity']).toMatch(/^[0-9a-f]{64}$/);
    const loaded = await loadClassifier(withMetadata(files, { familiarity: undefined }));
    const few = await trainClassifier(backbone, known.slice(0, 19));
    expect(Object.keys(await few.files())).not.toContain('familiarity.safetensors');
    const several = await trainClassifier(backbone, known, { multiLabel: true });
    for (const option of ['reject', 'familiarity'] as const) {
      const expected = `${option}: expected a classifier that knows how familiar pictures are, got `;
      for (const each of [loaded, few]) {
        expect(each.knowsFamiliarity).toBe(false);
        await expect(each.classify(red!.picture, { [option]: true })).rejects.toThrow(
          `${expected}one without familiarity.safetensors; trainClassifier saves it if it has 20 pictures or more with one label each: train on more pictures, or omit this option`,
        );
      }
      await expect(several.classify(red!.picture, { [option]: true })).rejects.toThrow(
        `${expected}one with several labels per picture; omit this option`,
      );
      await expect(
        classifier.classify(red!.picture, { [option]: 'yes' } as object),
      ).rejects.toThrow(`${option}: expected true or false, got "yes"`);
    }
    expect(model.outputs).toHaveLength(1);
    for (const each of [loaded, few, several, classifier]) each.dispose();
  });

  it('refuses the file of another classifier, a damaged one and none; no tensor is left', async () => {
    const [classifier, other] = [
      await trainClassifier(backbone, known),
      await trainClassifier(backbone, known.slice(0, 20), { seed: 1 }),
    ];
    const [files, others] = [await classifier.files(), await other.files()];
    for (const each of [classifier, other]) each.dispose();
    const { [FILE]: bytes, ...without } = files;
    const mismatch = `${FILE}: expected the file that was saved with metadata.json, got another one; copy the classifier's files again, all from the same save, or delete "familiarity" from metadata.json`;
    await expectNoLeak(async () => {
      await expect(loadClassifier({ ...files, [FILE]: others[FILE]! })).rejects.toThrow(mismatch);
      await expect(loadClassifier({ ...files, [FILE]: bytes!.slice(0, 100) })).rejects.toThrow(
        mismatch,
      );
      await expect(loadClassifier(without)).rejects.toThrow('got no such file');
      const old = withMetadata(files, { familiarity: true });
      await expect(loadClassifier(old)).rejects.toThrow(
        'metadata.familiarity: expected the SHA-256 of familiarity.safetensors, got true',
      );
    });
  });

  it('refuses impossible values, even with the right hash; no tensor is left', async () => {
    const classifier = await trainClassifier(backbone, known);
    const files = await classifier.files();
    classifier.dispose();
    const { arrays } = parseSafetensors(files[FILE]!);
    const withArrays = async (changed: readonly Partial<(typeof arrays)[number]>[]) => {
      const bytes = writeSafetensors(
        arrays.map((array) => ({
          ...array,
          ...changed.find(({ name }) => name === array.name),
        })),
      );
      const bound = withMetadata(files, { familiarity: await sha256(bytes) });
      return { ...bound, [FILE]: bytes };
    };
    const array = (name: string, shape: number[], fill = 0) => ({
      ...{ name, shape },
      data: new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(fill),
    });
    const last = (name: string, value: number) => {
      const { data, shape } = arrays.find((each) => each.name === name)!;
      const copy = Float32Array.from(data);
      copy[copy.length - 1] = value;
      return { name, shape, data: copy };
    };
    const narrow = [array('means', [2, 3]), array('directions', [3, 32])];
    await expectNoLeak(async () => {
      for (const [message, ...changed] of [
        ['expected scales from -1 to 0, got 0.5', last('scales', 0.5)],
        ['expected scales from -1 to 0, got -2', last('scales', -2)],
        ['expected scales from -1 to 0, got NaN', last('scales', NaN)],
        ['expected means from -1 to 1, got Infinity', last('means', Infinity)],
        ['expected directions from -1 to 1, got 7', last('directions', 7)],
        ['expected heldOut from 0 to 4, got 5', last('heldOut', 5)],
        ['expected heldOut in ascending order', last('heldOut', 0)],
        ['got a damaged file', array('scales', [31])],
        ['got a damaged file', array('heldOut', [4, 5])],
        ['expected 20 distances or more, got 19', array('heldOut', [19])],
        ['expected features of 64 channels, as the model has, got 3', ...narrow],
        ['expected means of 2 classes or fewer, got 3', array('means', [3, 64])],
      ] as const) {
        const refused = loadClassifier(await withArrays(changed));
        await expect(refused).rejects.toThrow(`${FILE}: `);
        await expect(refused).rejects.toThrow(message);
      }
      // As it was written.
      (await loadClassifier(await withArrays([]))).dispose();
    });
  });
});
