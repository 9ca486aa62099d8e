import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';
import sharp from 'sharp';
import * as tf from '@tensorflow/tfjs';
import { loadClassifier } from 'resnet-heads';
import { type Check, WITH_BASE } from './check';
import { BLUE, type DrawnFile, patch, plain, RED } from './drawn';
import type { Visit } from './visit';

const EPOCHS = '60';

/** Names two classes, and adds pictures to each. */
export async function nameAndFill(visit: Visit, count: number): Promise<void> {
  const { page } = visit;
  await page.getByLabel('Name of class 1').fill('red');
  await page.getByLabel('Name of class 2').fill('blue');
  await visit.addPictures('red', await plain(RED, 'red', count));
  const card = page.getByRole('listitem').filter({ has: page.getByLabel('Name of class 2') });
  await visit.drop(card, await plain(BLUE, 'blue', count));
  await visit.sees('status', `${count} pictures added to blue`);
}

export async function fit(visit: Visit): Promise<void> {
  await visit.button('Train').click();
  await visit.sees('status', /^Trained with an L2 penalty of /);
}

async function trainEpochs(visit: Visit): Promise<void> {
  await visit.page.getByRole('spinbutton', { name: 'Epochs' }).fill(EPOCHS);
  await visit.button('Train').click();
  await visit.sees('status', /^Trained for \d+ epochs/);
}

export async function tryPicture(visit: Visit, file: DrawnFile, verdict: RegExp): Promise<void> {
  await visit.choose(visit.button('Choose a picture'), [file]);
  await visit.sees('status', verdict);
}

/** Downloads the classifier; the path of what was saved. */
export async function downloaded(visit: Visit, folder: string, name: string): Promise<string> {
  const [download] = await Promise.all([
    visit.page.waitForEvent('download'),
    visit.button('Download the classifier').click(),
  ]);
  assert.equal(download.suggestedFilename(), name);
  const path = join(folder, name);
  await download.saveAs(path);
  return path;
}

/** Unpacks a downloaded zip into a folder; the paths of its files. */
export function unpacked(zip: string, folder: string): string[] {
  const files = unzipSync(new Uint8Array(readFileSync(zip)));
  return Object.entries(files).map(([name, bytes]) => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
    return path;
  });
}

async function asTensor({ buffer }: DrawnFile): Promise<tf.Tensor3D> {
  const { data, info } = await sharp(buffer)
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return tf.tensor3d(new Uint8Array(data), [info.height, info.width, 3], 'int32');
}

export const flowChecks: readonly Check[] = [
  {
    name: 'flow: pictures, training, an answer, where it looks, and a download that answers the same',
    run: async ({ open, folder }) => {
      const visit = await open(WITH_BASE);
      const { page } = visit;
      await visit.inspect('empty');
      await nameAndFill(visit, 5);
      await visit.inspect('pictures');

      await fit(visit);
      await visit.sees('status', 'Training accuracy 100%, validation accuracy 100%.');
      await page.getByRole('img', { name: /^Loss over \d+ L2 penalties: from / }).waitFor();
      await page.getByText('Loss and accuracy by L2 penalty').click();
      await page.getByRole('columnheader', { name: 'Cross-validation loss' }).waitFor();
      await visit.inspect('trained');

      const red = await patch(RED);
      await tryPicture(visit, red, /^Prediction: red /);
      const map = /^Evidence for “red” is strongest at the upper left and weakest /;
      await page.getByRole('img', { name: map }).waitFor();
      await visit.inspect('answer');
      await page.getByLabel('Show evidence for').selectOption('blue');
      await page.getByRole('img', { name: /^Evidence for “blue” is strongest / }).waitFor();
      await tryPicture(visit, (await plain(BLUE, 'new', 1))[0]!, /^Prediction: blue /);

      await page.getByLabel('File format').selectOption('onnx');
      const half = statSync(await downloaded(visit, folder, 'classifier.onnx')).size;
      await page.getByLabel('Half the size (float16)').uncheck();
      const whole = statSync(await downloaded(visit, folder, 'classifier.onnx')).size;
      // Kernels only: the graph is as large in both.
      assert.ok(half < 0.7 * whole, `${half} of ${whole} bytes`);
      await page.getByLabel('Half the size (float16)').check();
      await page.getByLabel('File format').selectOption('classifier');
      const zip = await downloaded(visit, folder, 'classifier.zip');
      const saved = join(folder, 'classifier');
      unpacked(zip, saved);
      const classifier = await loadClassifier(saved);
      const picture = await asTensor(red);
      const [likeliest] = await classifier.classify(picture);
      assert.equal(likeliest?.className, 'red');
      picture.dispose();
      classifier.dispose();
    },
  },
  {
    name: 'flow: no tensor is left behind by training, trying or cancelling',
    run: async ({ open }) => {
      const visit = await open(WITH_BASE);
      const { page } = visit;
      await nameAndFill(visit, 3);
      const empty = await visit.tensors();
      const [red] = await plain(RED, 'new', 1);
      const levels: number[] = [];
      for (let i = 0; i < 3; i++) {
        await fit(visit);
        await tryPicture(visit, red!, /^Prediction: red /);
        await page.getByRole('img', { name: /“red”/ }).waitFor();
        levels.push(await visit.tensors());
      }
      // A pooled head has a kernel and a bias.
      assert.deepEqual(levels, [empty + 2, empty + 2, empty + 2], 'tensors after each round');

      // Millions of weights: what is to be cancelled mustn't be done while it is looked at.
      await page.getByRole('radio', { name: 'Flattened' }).check();
      await page.getByLabel('Hidden units').fill('2048');
      await page.getByRole('spinbutton', { name: 'Epochs' }).fill('500');
      await visit.button('Train').click();
      await page.getByText(/^Epoch \d+ of 500: loss /).waitFor();
      await visit.inspect('training');
      await visit.button('Cancel').click();
      await visit.sees('status', 'Cancelled. Your pictures and settings are unchanged.');
      assert.equal(await visit.tensors(), empty + 2, 'tensors after a cancelled training');
      assert.equal(
        await page.getByRole('button', { name: /^Remove picture/ }).count(),
        6,
        'pictures',
      );
      await tryPicture(visit, red!, /^Prediction: red /);
    },
  },
  {
    name: 'flow: a dense head has a map, and a flattened one too',
    run: async ({ open }) => {
      const visit = await open(WITH_BASE);
      const { page } = visit;
      await nameAndFill(visit, 3);
      await page.getByLabel('Hidden units').waitFor({ state: 'hidden' });
      await page.getByLabel('Epochs').waitFor({ state: 'hidden' });
      await page.getByRole('radio', { name: 'Dense' }).check();
      await page.getByLabel('Hidden units').fill('16');
      await trainEpochs(visit);
      await page.getByRole('img', { name: /^Loss over \d+ epochs: from / }).waitFor();
      await page.getByText('Loss and accuracy by epoch').click();
      await page.getByRole('columnheader', { name: 'Epoch' }).waitFor();
      await tryPicture(visit, await patch(RED), /^Prediction: /);
      await page.getByLabel('Show evidence for').selectOption('red');
      await page
        .getByRole('img', { name: /^Evidence for “red” is strongest at the upper left/ })
        .waitFor();
      await page.getByRole('radio', { name: 'Flattened' }).check();
      await trainEpochs(visit);
      await tryPicture(visit, (await plain(RED, 'new', 1))[0]!, /^Prediction: red /);
      await page.getByRole('img', { name: /^(Evidence|The evidence) for “red” is / }).waitFor();
      await visit.inspect('flattened-answer');
    },
  },
];
