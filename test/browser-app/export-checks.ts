import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import { loadClassifier } from 'resnet-heads';
import { serveFolder } from '../site/server';
import { type Check, WITH_BASE } from './check';
import { BLUE, type DrawnFile, patch, plain, RED } from './drawn';
import { atPage, exported, shares } from './exported';
import { downloaded, fit, nameAndFill, tryPicture } from './flow-checks';
import type { Visit } from './visit';

/** Rounding of float32, and of the digits that the page shows. */
const TOLERANCE = 1e-5;

async function sharesOf(visit: Visit, file: DrawnFile) {
  // So that the previous picture's verdict isn't taken for this one's.
  await visit.page.locator('#verdict').evaluate((verdict) => (verdict.textContent = ''));
  await tryPicture(visit, file, /^Prediction: /);
  await visit.page.getByRole('img', { name: /^(Evidence|The evidence) for / }).waitFor();
  return shares(visit);
}

function assertSame(
  found: Readonly<Record<string, number>>,
  expected: Readonly<Record<string, number>>,
) {
  assert.deepEqual(Object.keys(found), Object.keys(expected), 'classes in order');
  for (const [name, share] of Object.entries(expected)) {
    const own = found[name] ?? NaN;
    assert(Math.abs(own - share) <= TOLERANCE, `${name}: ${own} in the page, ${share} in the app`);
  }
}

/** Pastes a picture as from another program. */
const paste = ({ page }: Visit, { name, mimeType, buffer }: DrawnFile) =>
  page.evaluate(
    ([title = '', type = '', base64 = '']) => {
      const clipboardData = new DataTransfer();
      const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
      clipboardData.items.add(new File([bytes], title, { type }));
      document.dispatchEvent(new ClipboardEvent('paste', { clipboardData }));
    },
    [name, mimeType, buffer.toString('base64')],
  );

export const exportChecks: readonly Check[] = [
  {
    name: 'export: a web page from static files gives the same scores, by every way to add a picture',
    run: async ({ open, folder }) => {
      const visit = await open();
      const { page } = visit;
      await nameAndFill(visit, 5);
      await fit(visit);
      const pictures = [await patch(RED), await patch(BLUE), ...(await plain(BLUE, 'new', 1))];
      const expected: Readonly<Record<string, number>>[] = [];
      for (const picture of pictures) expected.push(await sharesOf(visit, picture));
      const sure = expected.filter(({ red = NaN }) => red < 0.001 || red > 0.999);
      assert(sure.length < expected.length, 'a score that is neither 0 nor 1');
      await page.getByLabel('File format').selectOption('page');
      await visit.inspect('save-page');
      await page.getByLabel('Half the size (float16)').uncheck();
      const unzipped = await exported(visit, folder, 'page');
      assert(!existsSync(join(unzipped, 'onnx.js')), 'ONNX Runtime only where it is needed');
      const readme = readFileSync(join(unzipped, 'README.txt'), 'utf8');
      assert(readme.includes('red, blue') && readme.includes('python3 -m http.server'), readme);

      await atPage({ open }, unzipped, async (own) => {
        await own.inspect('exported');
        for (const [i, picture] of pictures.entries()) {
          assertSame(await sharesOf(own, picture), expected[i] ?? {});
        }
        await own.inspect('exported-answer');
        await own.page.getByLabel('Show evidence for').selectOption('red');
        await own.page.getByRole('img', { name: /^(Evidence|The evidence) for “red”/ }).waitFor();
        const [red, blue] = [...(await plain(RED, 'new', 1)), ...(await plain(BLUE, 'new', 1))];
        await own.drop(own.page.locator('#try-zone'), [red!]);
        await own.sees('status', /^Prediction: red /);
        await paste(own, blue!);
        await own.sees('status', /^Prediction: blue /);
        await own.button('Use the camera').click();
        await own.page.waitForFunction(
          () => (document.querySelector('video')?.videoWidth ?? 0) > 0,
        );
        await own.button('Explain this picture').click();
        await own.sees('status', /^Prediction: (red|blue) /);
        const buttons = await own.page.getByRole('button').allInnerTexts();
        assert.deepEqual(buttons, ['Choose a picture', 'Use the camera'], 'no way to train');
      });

      rmSync(join(unzipped, 'classifier'), { recursive: true });
      const server = await serveFolder(unzipped);
      try {
        const bare = await open({ exported: server.address });
        await bare.sees('alert', /^The folder “classifier” is missing beside this page: /);
        bare.faults.length = 0; // The file that it asked for.
      } finally {
        await server.close();
      }
    },
  },
  {
    name: 'export: opened as a file, the page says that it needs a web server, and how',
    run: async ({ open, folder }) => {
      const visit = await open(WITH_BASE);
      await nameAndFill(visit, 3);
      await fit(visit);
      const unzipped = await exported(visit, folder, 'page-file');
      const address = `${pathToFileURL(unzipped).href}/`;
      const own = await open({ exported: address, query: 'index.html' });
      await own.sees('alert', /^This page needs a web server: .*“python3 -m http\.server”/);
      assert.equal(await own.page.getByRole('button').count(), 0, 'buttons');
    },
  },
  {
    name: 'export: a web page of your own layers model, in float16, and of an ONNX backbone',
    run: async ({ open, folder, baseFiles, onnxFile }) => {
      for (const [files, name, tolerance] of [
        [baseFiles, 'layers', 1e-2],
        [[onnxFile], 'onnx', TOLERANCE],
      ] as const) {
        const visit = await open();
        const { page } = visit;
        await nameAndFill(visit, 3);
        await page.getByRole('radio', { name: 'Your own model' }).check();
        await visit.choose(visit.button('Choose files'), files);
        await visit.sees('status', 'The backbone is loaded.');
        await fit(visit);
        const picture = await patch(RED);
        const { red = NaN } = await sharesOf(visit, picture);
        const unzipped = await exported(visit, folder, `page-${name}`);
        await atPage({ open }, unzipped, async (own) => {
          const found = await sharesOf(own, picture);
          const difference = Math.abs((found['red'] ?? NaN) - red);
          assert(difference <= tolerance, `${name}: ${difference}`);
        });
      }
    },
  },
  {
    name: 'export: int8 tells what it costs, and the file opens in ONNX Runtime',
    run: async ({ open, folder }) => {
      const visit = await open(WITH_BASE);
      const { page } = visit;
      await nameAndFill(visit, 5);
      await fit(visit);
      await page.getByLabel('File format').selectOption('int8');
      assert.equal(await page.getByLabel('Half the size (float16)').isVisible(), false);
      await visit.inspect('save-int8');
      const path = await downloaded(visit, folder, 'classifier-int8.onnx');
      await visit.sees(
        'status',
        /^classifier-int8\.onnx: [\d.]+ kB instead of [\d.]+ kB, calibrated on 6 pictures\. On 2 held-out pictures: accuracy 100% in int8, 100% in float32; the same answer for 2\.$/,
      );
      await visit.inspect('save-int8-done');
      const classifier = await loadClassifier(path);
      const red = tf.fill<tf.Rank.R3>([64, 64, 3], 0, 'int32');
      const [pixels] = [tf.tidy(() => red.add(tf.tensor1d([...RED], 'int32')))];
      const [first] = await classifier.classify(pixels as tf.Tensor3D);
      assert.equal(first?.className, 'red');
      tf.dispose([red, pixels]);
      classifier.dispose();
    },
  },
  {
    name: 'export: int8 is not offered for an opened classifier or an ONNX backbone, and the page says why',
    run: async ({ open, folder, onnxFile }) => {
      const visit = await open();
      const { page } = visit;
      await nameAndFill(visit, 3);
      await page.getByRole('radio', { name: 'Your own model' }).check();
      await visit.choose(visit.button('Choose files'), [onnxFile]);
      await visit.sees('status', 'The backbone is loaded.');
      await fit(visit);
      const int8 = page.getByRole('option', { name: /int8/ });
      assert(await int8.isDisabled(), 'ONNX backbone');
      await page.getByText('int8 is not offered: an ONNX backbone keeps its number').waitFor();
      const zip = await downloaded(visit, folder, 'classifier.zip');
      await page.reload();
      await visit.sees('contentinfo', /^Running on /);
      await page.getByRole('radio', { name: 'resnet-mini' }).check();
      await visit.choose(visit.button('Open a saved classifier'), [zip]);
      await visit.sees('status', 'The classifier is opened.');
      assert(await int8.isDisabled(), 'opened classifier');
      await nameAndFill(visit, 3);
      await fit(visit);
      assert(await int8.isEnabled(), 'a classifier that was trained here');
    },
  },
];
