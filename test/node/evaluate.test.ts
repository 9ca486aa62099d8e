import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {
  attachHead,
  type Backbone,
  type Classifier,
  type EvaluateOptions,
  loadBackbone,
  loadClassifier,
  pooledHead,
  type Progress,
  trainClassifier,
} from 'resnet-heads';
import { expectNoLeak } from '../setup/memory';
import { drawPictures } from '../setup/picture-folder';

let folder: string;
let backbone: Backbone;
const at = (...names: string[]) => join(folder, ...names);
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-evaluate-'));
  const model = tf.sequential({
    layers: [tf.layers.conv2d({ inputShape: [8, 8, 3], filters: 4, kernelSize: 4, strides: 4 })],
  });
  backbone = await loadBackbone(model, { preprocessing: 'tf' });
});
afterEach(() => {
  backbone.dispose();
  rmSync(folder, { recursive: true, force: true });
});

async function pictures(place: string, each: number, from = 0): Promise<string> {
  await drawPictures(at(place), each, from);
  return at(place);
}

/** A classifier as it was trained, or as it is loaded after that. */
async function trained(source: string, isLoaded = true): Promise<Classifier> {
  const out = at('classifier');
  const classifier = await trainClassifier(backbone, source, { out, epochs: 1 });
  if (!isLoaded) return classifier;
  classifier.dispose();
  return loadClassifier(out);
}

/** What was measured, and what is said of it. */
async function measure(classifier: Classifier, source: string, options: EvaluateOptions = {}) {
  const found = await classifier.evaluate(source, options);
  const { paths, truth, predicted, trainedOn, heldOut, leftOut, ambiguous, total } = found;
  expect([truth.length, predicted.length, paths?.length]).toEqual([total, total, total]);
  return { measured: total, trainedOn, heldOut, leftOut, ambiguous: ambiguous.length };
}

describe('evaluate with files', () => {
  it.each([
    ['as it was trained', false],
    ['as it was loaded', true],
  ])(
    'measures what was held out of the folder that was trained on, wherever it lies now: %s',
    async (_, isLoaded) => {
      const source = await pictures('pictures', 10);
      const classifier = await trained(source, isLoaded);
      const held = { measured: 4, trainedOn: 0, heldOut: 4, leftOut: 16, ambiguous: 0 };
      await expectNoLeak(async () => {
        expect(await measure(classifier, source)).toEqual(held);
      });
      renameSync(source, at('elsewhere'));
      expect(await measure(classifier, at('elsewhere'))).toEqual(held);
      expect(await measure(classifier, at('elsewhere'), { all: true })).toEqual({
        ...{ measured: 20, trainedOn: 16, heldOut: 4, leftOut: 0, ambiguous: 0 },
      });
      // The record is saved with the classifier by whoever saves it.
      await classifier.save(at('again'));
      const again = await loadClassifier(at('again'));
      expect(await measure(again, at('elsewhere'))).toEqual(held);
      // New pictures weren't trained on either.
      await pictures('elsewhere', 3, 20);
      expect(await measure(classifier, at('elsewhere'))).toEqual({ ...held, measured: 10 });
      again.dispose();
      classifier.dispose();
    },
  );

  it('measures the validation pictures of a folder with parts', async () => {
    await pictures('parts/train', 4);
    await pictures('parts/valid', 3, 10);
    await pictures('parts/test', 2, 20);
    const classifier = await trained(at('parts'));
    const all = { trainedOn: 0, heldOut: 0, leftOut: 0, ambiguous: 0 };
    expect(await measure(classifier, at('parts'))).toEqual({ ...all, measured: 6, heldOut: 6 });
    expect(await measure(classifier, at('parts/test'))).toEqual({ ...all, measured: 4 });
    classifier.dispose();
  });

  it('measures both parts of a folder or a .csv file where all are asked for', async () => {
    await pictures('parts/train', 4);
    await pictures('parts/valid', 3, 10);
    await pictures('parts/test', 2, 20);
    const classifier = await trained(at('parts'));
    const all = { measured: 14, trainedOn: 8, leftOut: 0, ambiguous: 0 };
    expect(await measure(classifier, at('parts'), { all: true })).toMatchObject(all);
    const { paths } = await classifier.evaluate(at('parts'), { all: true });
    const rows = paths!.map((path) => {
      const [part, label] = path.split('/').slice(-3);
      return `${path},${label},${part}`;
    });
    writeFileSync(at('parts.csv'), `path,label,split\n${rows.join('\n')}\n`);
    expect(await measure(classifier, at('parts.csv'), { all: true })).toMatchObject(all);
    expect(await measure(classifier, at('parts.csv'))).toMatchObject({ measured: 6, trainedOn: 0 });
    classifier.dispose();
  });

  it('says how many were trained on where there are no others, broken files aside', async () => {
    await pictures('parts/train', 4);
    await pictures('parts/val', 2, 10);
    const classifier = await trained(at('parts'));
    const broken = at('parts/train/dark/broken.png');
    writeFileSync(broken, 'no picture');
    const onWarning = jest.fn();
    expect(await measure(classifier, at('parts/train'), { onWarning })).toEqual({
      ...{ measured: 8, trainedOn: 8, heldOut: 0, leftOut: 0, ambiguous: 0 },
    });
    expect(onWarning.mock.calls).toEqual([
      [
        expect.objectContaining({
          name: 'PictureError',
          message: expect.stringContaining(`${broken}: expected a picture`) as string,
        }),
      ],
    ]);
    await expect(classifier.evaluate(at('parts/train'), { strict: true })).rejects.toThrow(
      `${broken}: expected a picture that can be decoded`,
    );
    classifier.dispose();
  });

  it('leaves out a picture that stands in two classes', async () => {
    const classifier = await trained(await pictures('pictures', 10));
    const unseen = await pictures('unseen', 3, 30);
    cpSync(at('unseen/dark/30.png'), at('unseen/light/x.png'));
    expect(await measure(classifier, unseen)).toEqual({
      ...{ measured: 5, trainedOn: 0, heldOut: 0, leftOut: 0, ambiguous: 1 },
    });
    classifier.dispose();
  });

  it('measures a list of paths, of some classes only, in its order', async () => {
    const classifier = await trained(await pictures('pictures', 4));
    const unseen = await pictures('unseen', 2, 30);
    const paths = ['dark/31', 'dark/30'].map((name) => join(unseen, `${name}.png`));
    const list = paths.map((picture) => ({ picture, label: 'dark' }));
    const found = await classifier.evaluate(list);
    expect(found).toMatchObject({ total: 2, paths, truth: [0, 0], leftOut: 0, trainedOn: 0 });
    await expect(classifier.evaluate([{ picture: paths[0]!, label: 'grey' }])).rejects.toThrow(
      'label: expected one of ["dark", "light"], got "grey"',
    );
    classifier.dispose();
  });

  it('measures all of it for a classifier without a record, and one of classes called like parts', async () => {
    const model = tf.sequential({
      layers: [tf.layers.flatten({ inputShape: [8, 8, 3] }), tf.layers.dense({ units: 2 })],
    });
    const known = { classes: ['train', 'val'], preprocessing: 'tf' } as const;
    const classifier = await loadClassifier(model, known);
    const source = await pictures('vehicles', 2);
    renameSync(at('vehicles/dark'), at('vehicles/train'));
    renameSync(at('vehicles/light'), at('vehicles/val'));
    expect(await measure(classifier, source)).toEqual({
      ...{ measured: 4, trainedOn: undefined, heldOut: undefined, leftOut: 0, ambiguous: 0 },
    });
    for (const name of ['train', 'val']) {
      rmSync(at('vehicles', name), { recursive: true });
      mkdirSync(at('vehicles', name));
      writeFileSync(at('vehicles', name, '1.png'), `no picture: ${name}`);
    }
    await expectNoLeak(() =>
      expect(classifier.evaluate(source)).rejects.toMatchObject({
        name: 'PictureError',
        message: expect.stringMatching(/got none among 2/) as string,
      }),
    );
    classifier.dispose();
  });

  it('tells how far it is, and ends at a signal', async () => {
    const classifier = await trained(await pictures('pictures', 4));
    const unseen = await pictures('unseen', 3, 30);
    const told: Progress[] = [];
    await classifier.evaluate(unseen, {
      batchSize: 4,
      onProgress: (progress) => told.push(progress),
    });
    expect(told).toEqual(
      [0, 4, 6].map((done) => ({ label: 'evaluation', done, total: 6, unit: 'pictures' })),
    );
    const signal = AbortSignal.abort(new Error('enough'));
    await expectNoLeak(() =>
      expect(classifier.evaluate(unseen, { signal })).rejects.toThrow('enough'),
    );
    await expect(classifier.evaluate(unseen, { batchSize: 0 })).rejects.toThrow(
      'batchSize: expected a positive integer, got 0',
    );
    await expect(classifier.evaluate(unseen, null as never)).rejects.toThrow('options: expected');
    classifier.dispose();
  });

  it('counts no picture whose scores are not finite', async () => {
    const source = await pictures('pictures', 3);
    const model = attachHead(backbone, pooledHead({ numClasses: 2 }), { seed: 1 });
    const bias = tf.tensor1d([NaN, 0]);
    model.getLayer('predictions').weights[1]!.write(bias);
    bias.dispose();
    const known = { classes: ['dark', 'light'], preprocessing: 'tf' } as const;
    const classifier = await loadClassifier(model, known);
    await expectNoLeak(async () => {
      await expect(classifier.evaluate(source)).rejects.toThrow(
        'scores: expected finite numbers, got NaN',
      );
    });
  });

  it('refuses classes that it has not learned', async () => {
    const source = await pictures('pictures', 5);
    const classifier = await trained(source);
    cpSync(join(source, 'dark'), join(source, 'ring'), { recursive: true });
    await expect(classifier.evaluate(source)).rejects.toThrow(
      `${source}: expected folders of the classes dark, light, got "ring"; pass a folder that contains no others`,
    );
    classifier.dispose();
  });
});
