import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type Check, WITH_BASE } from './check';
import { BLUE, type DrawnFile, plain, RED, TEXT } from './drawn';
import { fit, nameAndFill, tryPicture } from './flow-checks';

const WEIGHTS_HOST = 'https://storage.googleapis.com/';

export const errorChecks: readonly Check[] = [
  {
    name: 'errors: a file that is no picture is named, and the others are taken',
    run: async ({ open }) => {
      const visit = await open(WITH_BASE);
      await visit.addPictures('class 1', [...(await plain(RED, 'red', 2)), TEXT]);
      await visit.sees('alert', 'notes.txt: not a picture that this browser can decode.');
      await visit.sees('status', '2 pictures added to class 1');
      await visit.inspect('error-picture');
    },
  },
  {
    name: 'errors: a picture dropped beside the zones changes nothing',
    run: async ({ open }) => {
      const visit = await open(WITH_BASE);
      const { page } = visit;
      await visit.addPictures('class 1', await plain(RED, 'red', 1));
      await visit.drop(page.getByRole('heading', { level: 1 }), await plain(BLUE, 'blue', 1));
      assert.equal(await page.getByRole('button', { name: /^Remove picture/ }).count(), 1);
    },
  },
  {
    name: 'errors: a class without pictures, without a name, or with another’s is told before training',
    run: async ({ open }) => {
      const visit = await open(WITH_BASE);
      const { page } = visit;
      await visit.addPictures('class 1', await plain(RED, 'red', 1));
      await visit.button('Train').click();
      await visit.sees('alert', 'No pictures of class 2: add some, or remove the class.');
      const name = page.getByLabel('Name of class 2');
      assert(await name.evaluate((node) => node === document.activeElement), 'the focus is there');
      await visit.inspect('error-class');
      await name.fill('class 1');
      assert.equal(await page.getByText('No pictures of class 2').count(), 0, 'of another name');
      await visit.button('Train').click();
      await visit.sees('alert', 'Two classes are called class 1: rename one of them.');
      await name.fill('');
      await visit.button('Train').click();
      await visit.sees('alert', 'A class has no name: give it one.');
      await page.getByRole('radio', { name: 'Dense' }).check();
      await page.getByRole('spinbutton', { name: 'Epochs' }).fill('0');
      await name.fill('blue');
      assert.equal(await page.getByText('A class has no name').count(), 0, 'it has one');
      await visit.addPictures('blue', await plain(BLUE, 'blue', 1));
      await visit.button('Train').click();
      await visit.sees('alert', 'Epochs: enter a whole number from 1 to 500.');
      assert.equal(await page.getByRole('button', { name: /^Remove picture/ }).count(), 2);
    },
  },
  {
    name: 'errors: a camera that is refused',
    run: async ({ open }) => {
      const visit = await open(WITH_BASE);
      await visit.button('Use the camera: class 1').click();
      await visit.sees(
        'alert',
        /^Access to the camera was denied\. Allow it .* or choose files instead\.$/,
      );
    },
  },
  {
    name: 'errors: files that are no base are told, and can be chosen again',
    run: async ({ open, baseFiles }) => {
      const visit = await open();
      const { page } = visit;
      await page.getByRole('radio', { name: 'Your own model' }).check();
      await visit.choose(visit.button('Choose files'), [baseFiles[1]!]);
      await visit.sees(
        'alert',
        'expected one model.json and its weight files, or one ONNX file, got weights.bin',
      );
      await visit.choose(visit.button('Choose files'), [baseFiles[0]!]);
      await visit.sees(
        'alert',
        'expected one model.json and its weight files, or one ONNX file, got model.json',
      );
      await visit.choose(visit.button('Choose files'), baseFiles);
      await visit.sees('status', 'The backbone is loaded.');
      assert.equal(await page.getByText('expected one model.json').count(), 0, 'the alert is gone');
    },
  },
  {
    name: 'errors: a base at an address where there is none, and the rest of the page works',
    run: async ({ open }) => {
      const visit = await open({ query: '?base=nowhere/model.json' });
      await visit.sees('alert', /nowhere\/model\.json/);
      await visit.page.getByRole('radio', { name: 'ResNet-50 trained on ImageNet' }).check();
      await visit.sees('status', 'Pooled, 2 classes: 4,098 parameters to train');
    },
  },
  {
    name: 'errors: ImageNet’s weights out of reach, asked for by Train alone; then resnet-mini',
    run: async ({ open }) => {
      const visit = await open();
      const { page } = visit;
      await page.getByText('94.8 MB from storage.googleapis.com').waitFor();
      await page.getByRole('radio', { name: 'ResNet-50 trained on ImageNet' }).check();
      await page.getByLabel('Picture size').selectOption('64 × 64');
      await visit.addPictures('class 1', await plain(RED, 'red', 2));
      await visit.addPictures('class 2', await plain(BLUE, 'blue', 2));
      assert.equal(visit.faults.length, 0, `requests before training: ${visit.faults.join()}`);
      const before = await visit.tensors();
      await visit.button('Train').click();
      await visit.sees('alert', /^The ImageNet weights could not be downloaded: /);
      const asked = visit.faults.splice(0);
      assert(asked.length > 0, 'it asked for the weights');
      for (const fault of asked) {
        assert(/it asked for|Failed to load resource/.test(fault), fault);
        if (fault.startsWith('it asked for')) assert(fault.includes(WEIGHTS_HOST), fault);
      }
      assert.equal(await visit.tensors(), before, 'tensors');
      await visit.inspect('error-weights');
      await visit.button('Train on resnet-mini').click();
      await visit.sees('status', /^Trained with an L2 penalty of /);
      assert(await page.getByRole('radio', { name: 'resnet-mini' }).isChecked(), 'the choice');
      await visit.choose(visit.button('Choose a picture'), await plain(RED, 'new', 1));
      await visit.sees('status', /^Prediction: class 1 /);
    },
  },
  {
    name: 'errors: files that are no saved classifier, and what to choose instead',
    run: async ({ open }) => {
      const visit = await open(WITH_BASE);
      const file = (name: string): DrawnFile => ({ ...TEXT, name, mimeType: '' });
      for (const [name, got] of [
        [
          'classifier-int8.onnx',
          /got an ONNX file, which is for other programs, such as ONNX Runtime; choose classifier\.zip$/,
        ],
        ['report.html', /got a page to read; choose classifier\.zip$/],
      ] as const) {
        await visit.choose(visit.button('Open a saved classifier'), [file(name)]);
        await visit.sees('alert', `${name}: expected classifier.zip or the files in it`);
        await visit.sees('alert', got);
      }
    },
  },
  {
    name: 'errors: a backend that does not exist',
    run: async ({ open }) => {
      const visit = await open({ query: '?backend=nonsense', starts: false });
      await visit.sees('alert', '?backend=: expected webgpu, webgl, wasm, cpu, got nonsense');
      await visit.sees('contentinfo', 'TensorFlow.js could not be started.');
    },
  },
  {
    name: 'errors: names of any length stay on the page and in the report',
    run: async ({ open, screenshots }) => {
      const visit = await open(WITH_BASE);
      const { page } = visit;
      await nameAndFill(visit, 5);
      await page.getByLabel('Name of class 1').fill('W'.repeat(120));
      await fit(visit);
      await tryPicture(visit, (await plain(RED, 'new', 1))[0]!, /^Prediction: W/);
      await visit.inspect('long-names');
      const opened = page.context().waitForEvent('page');
      await visit.button('Open the report in a new tab').click();
      const report = await opened;
      await report.setViewportSize({ width: 390, height: 800 });
      await report.getByRole('heading', { name: 'Report on 2 held-out pictures' }).waitFor();
      const cut = await report.evaluate(() =>
        [document.documentElement, ...document.querySelectorAll('.wide')]
          .filter(
            (each) => each.scrollWidth > each.clientWidth && each.querySelector('.matrix, h1'),
          )
          .map((each) => `${each.className}: ${each.scrollWidth} of ${each.clientWidth}`),
      );
      if (screenshots !== undefined)
        await report.screenshot({ path: join(screenshots, 'report-long.png'), fullPage: true });
      assert.deepEqual(cut, []);
      await report.close();
    },
  },
  {
    name: 'errors: a folder that is dropped adds its pictures',
    run: async ({ open }) => {
      const visit = await open(WITH_BASE);
      const { page } = visit;
      const card = page.getByRole('listitem').filter({ has: page.getByLabel('Name of class 1') });
      // A folder with what is dropped, and with a text. As a string: esbuild would add helpers that the page lacks.
      await page.evaluate(`
        DataTransferItem.prototype.webkitGetAsEntry = function () {
          const files = [this.getAsFile(), new File(['x'], 'x.txt', { type: 'text/plain' })];
          const entries = files.map((each) => ({
            isFile: true, name: each.name, file: (act) => act(each),
          }));
          const parts = [entries, []];
          return { isDirectory: true, createReader: () => ({ readEntries: (act) => act(parts.shift()) }) };
        }`);
      await visit.drop(card, await plain(RED, 'red', 2));
      await visit.sees('status', '2 pictures added to class 1');
      assert.equal(await page.locator('.alert p').count(), 0);
    },
  },
];
