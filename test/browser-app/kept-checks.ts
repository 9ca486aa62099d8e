import assert from 'node:assert/strict';
import { type Check, WITH_BASE } from './check';
import { BLUE, patch, plain, RED } from './drawn';
import { fit, nameAndFill, tryPicture } from './flow-checks';
import { KEPT, shown, stored } from './kept';
import type { Visit } from './visit';

const verdict = ({ page }: Visit) =>
  page.getByRole('heading', { name: /^Prediction: / }).innerText();

export const keptChecks: readonly Check[] = [
  {
    name: 'kept: a reload restores classes, pictures and the classifier',
    run: async ({ open }) => {
      const visit = await open(WITH_BASE);
      const { page } = visit;
      await visit.sees('status', KEPT);
      await nameAndFill(visit, 5);
      await visit.button(/^Remove picture 2 of red/).click();
      await fit(visit);
      const red = await patch(RED);
      await tryPicture(visit, red, /^Prediction: red /);
      const [before, said] = [await shown(visit), await verdict(visit)];
      await page.getByRole('img', { name: /^Evidence for “red”/ }).waitFor();
      const held = await visit.tensors();
      await stored(visit, 'pictures', 9);
      await stored(visit, 'classifier', 1);

      await visit.reload();
      await visit.sees('status', `Restored: 2 classes, 9 pictures. ${KEPT}`);
      assert.deepEqual(await shown(visit), before);
      assert.equal(await page.getByLabel('Name of class 1').inputValue(), 'red');
      assert.equal(await page.getByLabel('Name of class 2').inputValue(), 'blue');
      await visit.inspect('restored');
      await tryPicture(visit, red, /^Prediction: red /);
      assert.equal(await verdict(visit), said);
      await fit(visit);
      assert.equal(await visit.tensors(), held, 'the opened classifier is disposed');

      // A second time, with what was added after the first.
      await visit.addPictures('blue', await plain(BLUE, 'more', 2));
      await stored(visit, 'pictures', 11);
      await visit.reload();
      await visit.sees('status', `Restored: 2 classes, 11 pictures. ${KEPT}`);
      assert.equal((await shown(visit)).length, 11);

      await visit.button('Start anew').click();
      await stored(visit, 'pictures', 0);
      await stored(visit, 'classifier', 0);
      await visit.button(/^Undo: Started anew/).click();
      await stored(visit, 'pictures', 11);
      await stored(visit, 'classifier', 1);
      await visit.button(/^Redo: Started anew/).click();
      await stored(visit, 'classifier', 0);
      await visit.reload();
      assert.equal((await shown(visit)).length, 0);
      assert.equal(await visit.button('Choose a picture').isVisible(), false, 'no classifier');
    },
  },
  {
    name: 'kept: a reload restores the settings',
    run: async ({ open }) => {
      const visit = await open();
      const { page } = visit;
      await page.getByRole('radio', { name: 'ResNet-50 trained on ImageNet' }).check();
      await page.getByLabel('Picture size').selectOption('96 × 96');
      await page.getByRole('radio', { name: 'Dense' }).check();
      await page.getByLabel('Hidden units').fill('77');
      await page.getByLabel('Dropout').selectOption('20 %');
      await page.getByRole('spinbutton', { name: 'Epochs' }).fill('12');
      await visit.addPictures('class 2', await plain(RED, 'red', 1));
      await stored(visit, 'pictures', 1);
      const cost = await page.locator('#cost').innerText();
      await visit.reload();
      await visit.sees('status', /^Restored: 2 classes, 1 picture\. /);
      assert(await page.getByRole('radio', { name: 'ResNet-50 trained on ImageNet' }).isChecked());
      assert(await page.getByRole('radio', { name: 'Dense' }).isChecked());
      assert.equal(await page.getByLabel('Picture size').inputValue(), '96');
      assert.equal(await page.getByLabel('Hidden units').inputValue(), '77');
      assert.equal(await page.getByLabel('Dropout').inputValue(), '0.2');
      assert.equal(await page.getByRole('spinbutton', { name: 'Epochs' }).inputValue(), '12');
      assert.equal(await page.locator('#cost').innerText(), cost);
      await page.getByRole('radio', { name: 'Your own model' }).check();
      await visit.button(/^Remove picture 1/).click();
      await stored(visit, 'pictures', 0);
      await visit.reload();
      await visit.sees(
        'status',
        /The files of your own backbone are not kept: choose them again\.$/,
      );
    },
  },
  {
    name: 'kept: a second tab is told, and can take the project over',
    run: async ({ open }) => {
      const first = await open(WITH_BASE);
      await nameAndFill(first, 3);
      await stored(first, 'pictures', 6);
      const second = await first.otherTab();
      await second.sees('alert', /^Your project is open in another tab, which keeps it\. /);
      assert.equal((await shown(second)).length, 0);
      await second.addPictures('class 1', await plain(BLUE, 'other', 1));
      await second.inspect('second-tab');
      await first.button(/^Remove picture 3 of blue/).click();

      // What only the second tab has is not dropped unasked.
      for (const answer of ['dismiss', 'accept'] as const) {
        second.page.once('dialog', (dialog) => {
          assert.equal(
            dialog.message(),
            'This tab has 1 picture that the project does not have. Opening the project here removes it. Open it?',
          );
          void dialog[answer]();
        });
        await second.button('Open the project here').click();
        if (answer === 'dismiss') assert.equal((await shown(second)).length, 1);
      }
      await second.sees('status', `Restored: 2 classes, 5 pictures. ${KEPT}`);
      assert.deepEqual(await shown(second), await shown(first));
      await first.sees('alert', /^Your project was opened in another tab, which keeps it now\. /);
      await first.inspect('first-tab');
      // Undoing would replace the project by what the tab had.
      assert.equal(await second.button(/^Undo/).isVisible(), false);
      await second.page.keyboard.press('ControlOrMeta+z');
      assert.equal((await shown(second)).length, 5);
      await second.addPictures('red', await plain(RED, 'later', 1));
      await stored(second, 'pictures', 6);

      await first.button('Open the project here').click();
      await first.sees('status', `Restored: 2 classes, 6 pictures. ${KEPT}`);
      assert.deepEqual(await shown(first), await shown(second));
      await first.addPictures('blue', await plain(BLUE, 'last', 2));
      await stored(first, 'pictures', 8);
      await first.button('Undo: 2 pictures added to blue').click();
      const all = await shown(first);
      assert.equal(all.length, 6);
      await stored(first, 'pictures', 6);
      await first.reload();
      await first.sees('status', `Restored: 2 classes, 6 pictures. ${KEPT}`);
      assert.deepEqual(await shown(first), all);
      assert.deepEqual(second.faults, []);
    },
  },
  {
    name: 'kept: what was done just before a reload, and the page says when it is kept',
    run: async ({ open }) => {
      const visit = await open(WITH_BASE);
      const { page } = visit;
      await nameAndFill(visit, 2);
      await stored(visit, 'pictures', 4);
      await page.getByText(KEPT, { exact: true }).waitFor();
      const files = await plain(BLUE, 'late', 3);
      await page.getByLabel('Name of class 1').fill('renamed');
      const said = await page.evaluate(() => {
        const name = document.querySelector<HTMLInputElement>('#classes input[type=text]')!;
        name.value = 'late';
        name.dispatchEvent(new Event('input'));
        const text = document.querySelector('#kept')?.textContent;
        location.reload();
        return text;
      });
      assert.equal(said, 'Keeping …');
      await page.waitForEvent('load');
      await visit.sees('status', /^Restored: 2 classes, 4 pictures\. /);
      assert.equal(await page.getByLabel('Name of class 1').inputValue(), 'late');
      // Reloaded as soon as they are shown.
      await page.evaluate(() => {
        new MutationObserver(() => {
          if (document.querySelectorAll('.thumbs canvas').length === 7) location.reload();
        }).observe(document.querySelector('#classes')!, { childList: true, subtree: true });
      });
      const reloaded = page.waitForEvent('load');
      await visit.choose(visit.button('Add pictures: blue'), files);
      await reloaded;
      await visit.sees('status', /^Restored: 2 classes, 7 pictures\. /);
    },
  },
  {
    name: 'kept: a reload offers report and int8 as long as the pictures are those of the training',
    run: async ({ open }) => {
      const visit = await open(WITH_BASE);
      const { page } = visit;
      await nameAndFill(visit, 5);
      await fit(visit);
      await stored(visit, 'classifier', 1);
      await visit.reload();
      await page.getByLabel('File format').selectOption('int8');
      await visit.button('Download the report').waitFor();
      const tab = page.context().waitForEvent('page');
      await visit.button('Open the report in a new tab').click();
      await (await tab).getByRole('heading', { name: 'Report on 2 held-out pictures' }).waitFor();
      await (await tab).close();

      await visit.button(/^Remove picture 2 of red/).click();
      await stored(visit, 'pictures', 9);
      await visit.reload();
      await visit.sees(
        'status',
        'The report is not offered: the pictures have changed since the classifier was trained. Train again.',
      );
      await page.getByText('and the pictures have changed since training: train again.').waitFor();
      assert.equal(await visit.button('Download the report').isVisible(), false);
      await visit.inspect('changed');
    },
  },
];
