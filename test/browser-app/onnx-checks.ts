import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { analyze } from 'resnet-heads';
import type { Check } from './check';
import { patch, plain, RED } from './drawn';
import { downloaded, fit, nameAndFill, tryPicture, unpacked } from './flow-checks';
import type { Visit } from './visit';

/** Files of ONNX Runtime that a page asks for from now on. */
function runtimeFiles({ page }: Visit): readonly string[] {
  const asked: string[] = [];
  page.on('request', (request) => {
    if (/ort[-.].*\.wasm$/.test(request.url())) asked.push(request.url());
  });
  return asked;
}

async function verdict({ page }: Visit): Promise<string> {
  return page.getByRole('heading', { name: /^Prediction: / }).innerText();
}

export const onnxChecks: readonly Check[] = [
  {
    name: 'onnx: an ONNX file is a backbone, and its classifier is saved and opened again',
    run: async ({ open, folder, onnxFile }) => {
      const visit = await open();
      const { page } = visit;
      const asked = runtimeFiles(visit);
      await nameAndFill(visit, 5);
      await page.getByRole('radio', { name: 'Your own model' }).check();
      assert.equal(asked.length, 0, 'ONNX Runtime is loaded on demand');
      await visit.choose(visit.button('Choose files'), [onnxFile]);
      await visit.sees('status', 'The backbone is loaded.');
      await visit.sees('status', 'Pooled, 2 classes: 194 parameters to train, 18.6 k with');
      await fit(visit);
      assert.equal(asked.length, 1, 'ONNX Runtime is loaded once');
      const red = await patch(RED);
      await tryPicture(visit, red, /^Prediction: red /);
      const map = page.getByRole('img', { name: /^Evidence for “red” is strongest at the upper/ });
      await map.waitFor();
      const said = await verdict(visit);
      assert.equal(await page.getByLabel('Half the size (float16)').isVisible(), false);
      await page.getByLabel('File format').selectOption('onnx');
      const whole = readFileSync(await downloaded(visit, folder, 'classifier.onnx'));
      assert.equal((await analyze(whole)).totals.params, 18_432 + 194);
      await page.getByLabel('File format').selectOption('classifier');
      const zip = await downloaded(visit, folder, 'classifier.zip');
      const files = unpacked(zip, join(folder, 'classifier-onnx'));
      assert(files.map((path) => basename(path)).includes('backbone.onnx'), 'backbone.onnx');

      for (const saved of [[zip], files]) {
        const other = await open();
        await other.choose(other.button('Open a saved classifier'), saved);
        await other.sees('status', 'The classifier is opened.');
        await tryPicture(other, red, /^Prediction: red /);
        assert.equal(await verdict(other), said);
        await other.page.getByRole('img', { name: /^Evidence for “red” is strongest/ }).waitFor();
        await other.inspect('opened');
        // On the previous classifier's pictures: opening leaves the classes alone, and training replaces the opened one.
        await nameAndFill(other, 3);
        await fit(other);
        await tryPicture(other, (await plain(RED, 'new', 1))[0]!, /^Prediction: red /);
      }
    },
  },
  {
    name: 'onnx: files that are no classifier are told, and the page works on',
    run: async ({ open, onnxFile, baseFiles }) => {
      const visit = await open();
      await visit.choose(visit.button('Open a saved classifier'), [onnxFile]);
      await visit.sees('alert', /expected/);
      await visit.choose(visit.button('Open a saved classifier'), baseFiles);
      await visit.sees('alert', 'metadata.json');
      await visit.inspect('error-opened');
    },
  },
];
