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
import { colouredPictures } from '../setup/coloured-pictures';
import { expectNoLeak } from '../setup/memory';
import { miniResnet } from '../setup/mini-resnet';

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

  it('knows nothing with one picture of each class and none for validation', async () => {
    const training = cloud(2, 1);
    expect(await fitFamiliarity(training, undefined, 6)).toBeUndefined();
    training.values.dispose();
  });

  it('leaves no class out of a space, and takes a single one', async () => {
    const { values } = cloud(4, 1);
    await expectNoLeak(async () => {
      const uneven = { values, labels: Int32Array.of(0, 1, 1, 1) };
      expect((await fitFamiliarity(uneven, undefined, 6))?.heldOut).toHaveLength(3);
      const single = { values, labels: new Int32Array(4) };
      expect((await fitFamiliarity(single, undefined, 6))?.heldOut).toHaveLength(4);
    });
    values.dispose();
  });
});

it('shareBeyond is 1 at the nearest held-out picture and 0 beyond the farthest', () => {
  const heldOut = Float32Array.of(1, 2, 3, 4);
  expect([0, 1, 3, 4, 5].map((each) => shareBeyond(heldOut, each))).toEqual([1, 1, 0.5, 0.25, 0]);
});

describe('classify', () => {
  const known = colouredPictures(8, ['red', 'green']);
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
    const text = new TextDecoder().decode(files['metadata.json']);
    const older = new TextEncoder().encode(text.replace('"familiarity": true,', ''));
    const loaded = await loadClassifier({ ...files, 'metadata.json': older });
    expect(loaded.knowsFamiliarity).toBe(false);
    for (const option of ['reject', 'familiarity'] as const) {
      await expect(loaded.classify(red!.picture, { [option]: true })).rejects.toThrow(
        `${option}: expected a classifier that knows how familiar pictures are, got "one without familiarity.safetensors"; only classifiers that trainClassifier made with one label per picture have it: omit this option`,
      );
      await expect(
        classifier.classify(red!.picture, { [option]: 'yes' } as object),
      ).rejects.toThrow(`${option}: expected true or false, got "yes"`);
    }
    expect(model.outputs).toHaveLength(1);
    for (const each of [loaded, classifier]) each.dispose();
  });

  it('a damaged file, one of another model and a missing one are refused; no tensor is left', async () => {
    const classifier = await trainClassifier(backbone, known);
    const files = await classifier.files();
    classifier.dispose();
    const bytes = files['familiarity.safetensors']!;
    const { writeSafetensors } = await import('../../src/weights/formats/write-safetensors');
    const array = (name: string, ...shape: number[]) => ({
      ...{ name, shape },
      data: new Float32Array(shape.reduce((product, size) => product * size, 1)),
    });
    const narrow = writeSafetensors([
      array('means', 2, 3),
      array('directions', 3, 2),
      array('scales', 2),
      array('heldOut', 5),
    ]);
    const broken = {
      'a damaged file': bytes.slice(0, 100),
      'got a damaged file': writeSafetensors([array('means', 2, 3)]),
      'expected features of 64 channels, as the model has, got 3': narrow,
      'got no such file': undefined,
    };
    await expectNoLeak(async () => {
      for (const [message, content] of Object.entries(broken)) {
        const kept = Object.entries(files).filter(([name]) => name !== 'familiarity.safetensors');
        const all = {
          ...Object.fromEntries(kept),
          ...(content && { 'familiarity.safetensors': content }),
        };
        await expect(loadClassifier(all)).rejects.toThrow(message);
      }
    });
  });
});
