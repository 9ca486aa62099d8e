import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {
  type Backbone,
  type Classifier,
  type LayerSelector,
  loadBackbone,
  loadClassifier,
  trainClassifier,
} from 'resnet-heads';
import { expectNoLeak } from '../setup/memory';
import { numbers } from '../setup/mini-resnet';
import { drawPictures } from '../setup/picture-folder';

let folder: string;
let backbone: Backbone;
let classifier: Classifier;
const at = (...names: string[]) => join(folder, ...names);

/** Of a picture's hash, as many digits as a record has. */
const DIGITS = 16;

/** Which pictures a saved classifier remembers. */
async function recordOf(saved: Classifier): Promise<{ train: Set<string>; held: Set<string> }> {
  await saved.save(at('saved'));
  const { pictures } = JSON.parse(readFileSync(at('saved/metadata.json'), 'utf8')) as {
    pictures: { train: string; validation: string };
  };
  const setOf = (text: string) => new Set(text.match(new RegExp(`.{${DIGITS}}`, 'g')));
  return { train: setOf(pictures.train), held: setOf(pictures.validation) };
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-fine-tune-'));
  await drawPictures(at('pictures'), 10);
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ inputShape: [8, 8, 3], filters: 4, kernelSize: 4, strides: 2, name: 'a' }),
      tf.layers.conv2d({ filters: 4, kernelSize: 2, activation: 'relu', name: 'b' }),
    ],
  });
  backbone = await loadBackbone(model, { preprocessing: 'tf' });
  classifier = await trainClassifier(backbone, at('pictures'), { epochs: 2 });
});
afterEach(() => {
  classifier.dispose();
  backbone.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const select: LayerSelector = ({ name }) => name === 'b';
const OPTIONS = { epochs: 2, select, batchSize: 4 };

describe('fineTune on a folder', () => {
  it('holds out those of the training, whatever its own seed draws', async () => {
    const before = await recordOf(classifier);
    await classifier.fineTune(at('pictures'), { ...OPTIONS, seed: 7 });
    expect(await recordOf(classifier)).toEqual(before);
  });

  it('draws anew where a share is named, and remembers what it was then trained on', async () => {
    const before = await recordOf(classifier);
    await classifier.fineTune(at('pictures'), { ...OPTIONS, seed: 7, validation: 0.2 });
    const { train, held } = await recordOf(classifier);
    expect([...before.train].every((each) => train.has(each))).toBe(true);
    expect([...held].every((each) => before.held.has(each))).toBe(true);
  });

  it('holds out the pictures that were held out before, and remembers which it was trained on', async () => {
    const before = await recordOf(classifier);
    expect([before.train.size, before.held.size]).toEqual([16, 4]);
    const own = numbers(backbone.model);
    const outcome = await classifier.fineTune(at('pictures'), OPTIONS);
    expect(outcome.history).toHaveLength(2);
    expect(outcome.history[0]).toHaveProperty('validationAccuracy');
    expect(classifier.history).toHaveLength(4);
    expect(await recordOf(classifier)).toEqual(before);
    // The backbone that was handed in stays as it is.
    expect(numbers(backbone.model)).toEqual(own);
    expect(numbers(classifier.backbone.model)).not.toEqual(own);

    const held = { total: 4, leftOut: 16, trainedOn: 0 };
    expect(await classifier.evaluate(at('pictures'))).toMatchObject(held);
    const saved = await loadClassifier(at('saved'));
    expect(await saved.evaluate(at('pictures'))).toMatchObject(held);
    const picture = at('pictures/dark/3.png');
    expect(await saved.classify(picture)).toEqual(await classifier.classify(picture));
    // One that was loaded is fine-tuned as well.
    await saved.fineTune(at('pictures'), OPTIONS);
    expect(await saved.evaluate(at('pictures'))).toMatchObject(held);
    saved.dispose();
  });

  it('remembers the pictures of both where they are others, and validates on what is handed in', async () => {
    await drawPictures(at('more'), 3, 20);
    await drawPictures(at('held'), 2, 30);
    cpSync(at('held/dark/30.png'), at('more/dark/copy.png'));
    await classifier.fineTune(at('more'), { ...OPTIONS, validation: at('held') });
    const { train, held } = await recordOf(classifier);
    expect([train.size, held.size]).toEqual([16 + 6, 4 + 4]);
    expect(await classifier.evaluate(at('more'), { all: true })).toMatchObject({
      ...{ total: 7, trainedOn: 6 },
    });
    expect(await classifier.evaluate(at('held'))).toMatchObject({ total: 4, trainedOn: 0 });
    // What was held out once and is trained on now isn't unseen any more.
    await classifier.fineTune(at('pictures'), { ...OPTIONS, validation: at('held') });
    const last = await recordOf(classifier);
    expect([last.train.size, last.held.size]).toEqual([20 + 6, 4]);
    expect(await classifier.evaluate(at('pictures'))).toMatchObject({ total: 20, trainedOn: 20 });
  });

  it('leaves all as it was where it fails', async () => {
    const before = { model: classifier.model, weights: numbers(classifier.model) };
    const record = await recordOf(classifier);
    cpSync(at('pictures/dark'), at('others/dark'), { recursive: true });
    cpSync(at('pictures/light'), at('others/grey'), { recursive: true });
    await expectNoLeak(async () => {
      for (const [source, options, message] of [
        [at('others'), OPTIONS, 'classes: expected those of '],
        [at('none'), OPTIONS, 'there is no such folder'],
        [
          at('pictures'),
          { ...OPTIONS, select: () => false },
          'select: expected a layer of the base',
        ],
        [at('pictures'), { ...OPTIONS, epochs: 0 }, 'epochs: expected a positive integer, got 0'],
        [at('pictures'), { ...OPTIONS, batchSize: 0 }, 'batchSize: expected a positive integer'],
        [at('pictures'), { ...OPTIONS, learningRate: 1e30 }, 'expected'],
      ] as const) {
        await expect(classifier.fineTune(source, options)).rejects.toThrow(message);
      }
    });
    expect(classifier.model).toBe(before.model);
    expect(numbers(classifier.model)).toEqual(before.weights);
    expect(classifier.history).toHaveLength(2);
    expect(await recordOf(classifier)).toEqual(record);
  });
});
