import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import sharp from 'sharp';
import { type Classifier, createClassifier, pooledHead } from 'resnet-heads';
import { evaluateFolder, loadClassifier, saveClassifier, trainFolder } from 'resnet-heads/node';
import { expectNoLeak } from '../setup/memory';

let folder: string;
let base: tf.LayersModel;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-evaluate-'));
  base = tf.sequential({
    layers: [tf.layers.conv2d({ inputShape: [8, 8, 3], filters: 4, kernelSize: 4, strides: 4 })],
  });
});
afterEach(() => {
  base.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const at = (...names: string[]) => join(folder, ...names);

/** Pictures of two classes, each with content of its own. */
async function pictures(place: string, count: number, from = 0): Promise<string> {
  for (const [name, level] of [
    ['dark', 20],
    ['light', 200],
  ] as const) {
    mkdirSync(at(place, name), { recursive: true });
    for (let i = from; i < from + count; i++) {
      const background = { r: level, g: level + i, b: level };
      const picture = sharp({ create: { width: 9, height: 9, channels: 3, background } });
      await picture.png().toFile(at(place, name, `${i}.png`));
    }
  }
  return at(place);
}

async function trained(source: string): Promise<Classifier> {
  const head = pooledHead({ numClasses: 2 });
  const out = at('classifier');
  await trainFolder(base, source, { head, preprocessing: 'tf', out, epochs: 1 });
  return loadClassifier(out);
}

/** What was measured, and what is said of it. */
async function measure(classifier: Classifier, source: string, options = {}) {
  const { images, truth, predicted, trainedOn, leftOut, ambiguous } = await evaluateFolder(
    classifier,
    source,
    options,
  );
  expect([truth.length, predicted.length]).toEqual([images.length, images.length]);
  return { measured: images.length, trainedOn, leftOut, ambiguous: ambiguous.length };
}

describe('evaluateFolder', () => {
  it('measures what was held out of the folder that was trained on, wherever it lies now', async () => {
    const source = await pictures('pictures', 10);
    const classifier = await trained(source);
    const held = { measured: 4, trainedOn: 0, leftOut: 16, ambiguous: 0 };
    await expectNoLeak(async () => {
      expect(await measure(classifier, source)).toEqual(held);
    });
    renameSync(source, at('elsewhere'));
    expect(await measure(classifier, at('elsewhere'))).toEqual(held);
    expect(await measure(classifier, at('elsewhere'), { pictures: 'all' })).toEqual({
      ...{ measured: 20, trainedOn: 16, leftOut: 0, ambiguous: 0 },
    });
    // The record is saved with the classifier by whoever saves it.
    await saveClassifier(classifier, at('again'), { scope: 'all' });
    const again = await loadClassifier(at('again'));
    expect(await measure(again, at('elsewhere'))).toEqual(held);
    // New pictures weren't trained on either.
    await pictures('elsewhere', 3, 20);
    expect(await measure(classifier, at('elsewhere'))).toEqual({ ...held, measured: 10 });
    again.dispose();
    classifier.dispose();
  });

  it('measures the validation pictures of a folder with parts', async () => {
    await pictures('parts/train', 4);
    await pictures('parts/valid', 3, 10);
    await pictures('parts/test', 2, 20);
    const classifier = await trained(at('parts'));
    const all = { trainedOn: 0, leftOut: 0, ambiguous: 0 };
    expect(await measure(classifier, at('parts'))).toEqual({ ...all, measured: 6 });
    expect(await measure(classifier, at('parts/test'))).toEqual({ ...all, measured: 4 });
    classifier.dispose();
  });

  it('says how many were trained on where there are no others, broken files aside', async () => {
    await pictures('parts/train', 4);
    await pictures('parts/val', 2, 10);
    const classifier = await trained(at('parts'));
    writeFileSync(at('parts/train/dark/broken.png'), 'no picture');
    const skipped: string[] = [];
    expect(
      await measure(classifier, at('parts/train'), {
        onSkip: (_: Error, { path }: { path: string }) => skipped.push(path),
      }),
    ).toEqual({ measured: 8, trainedOn: 8, leftOut: 0, ambiguous: 0 });
    expect(skipped).toEqual([at('parts/train/dark/broken.png')]);
    classifier.dispose();
  });

  it('leaves out a picture that stands in two classes', async () => {
    const source = await pictures('pictures', 10);
    const classifier = await trained(source);
    const unseen = await pictures('unseen', 3, 30);
    cpSync(at('unseen/dark/30.png'), at('unseen/light/x.png'));
    expect(await measure(classifier, unseen)).toEqual({
      ...{ measured: 5, trainedOn: 0, leftOut: 0, ambiguous: 1 },
    });
    classifier.dispose();
  });

  it('measures all of it for a classifier without a record, and one of classes called like parts', async () => {
    const model = tf.sequential({
      layers: [tf.layers.flatten({ inputShape: [8, 8, 3] }), tf.layers.dense({ units: 2 })],
    });
    const classifier = createClassifier(model, {
      ...{ classes: ['train', 'val'], preprocessing: 'tf', inputSize: [8, 8] },
    });
    const source = await pictures('vehicles', 2);
    renameSync(at('vehicles/dark'), at('vehicles/train'));
    renameSync(at('vehicles/light'), at('vehicles/val'));
    expect(await measure(classifier, source)).toEqual({
      ...{ measured: 4, trainedOn: undefined, leftOut: 0, ambiguous: 0 },
    });
    for (const name of ['train', 'val']) {
      rmSync(at('vehicles', name), { recursive: true });
      mkdirSync(at('vehicles', name));
      writeFileSync(at('vehicles', name, '1.png'), `no picture: ${name}`);
    }
    await expectNoLeak(() =>
      expect(evaluateFolder(classifier, source)).rejects.toMatchObject({
        name: 'PictureError',
        message: expect.stringMatching(/got none among 2/) as string,
      }),
    );
    await expect(evaluateFolder(classifier, source, { pictures: 'new' as 'all' })).rejects.toThrow(
      'pictures: expected one of "unseen", "all", got "new"',
    );
    classifier.dispose();
  });
});
