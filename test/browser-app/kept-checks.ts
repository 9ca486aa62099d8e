import assert from 'node:assert/strict';
import { type Check, WITH_BASE } from './check';
import { BLUE, patch, plain, RED } from './drawn';
import { fit, nameAndFill, tryPicture } from './flow-checks';
import { A_WHILE_MS, KEPT, shown, stored } from './kept';
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

      await second.button('Open the project here').click();
      await second.sees('status', `Restored: 2 classes, 5 pictures. ${KEPT}`);
      assert.deepEqual(await shown(second), await shown(first));
      await first.sees('alert', /^Your project was opened in another tab, which keeps it now\. /);
      await first.inspect('first-tab');
      // What the second tab had is not lost.
      await second.button('Undo: Project opened').click();
      assert.equal((await shown(second)).length, 1);
      await second.button('Redo: Project opened').click();
      await second.addPictures('red', await plain(RED, 'later', 1));
      await stored(second, 'pictures', 6);

      await first.button('Open the project here').click();
      await first.sees('status', `Restored: 2 classes, 6 pictures. ${KEPT}`);
      assert.deepEqual(await shown(first), await shown(second));
      await first.addPictures('blue', await plain(BLUE, 'last', 2));
      await stored(first, 'pictures', 8);
      // Back to what only the first tab knew: a picture that it removed, whose place in the store the second may have used.
      for (const what of [
        '2 pictures added to blue',
        'Project opened',
        'Picture removed from blue',
      ]) {
        await first.button(`Undo: ${what}`).click();
      }
      const all = await shown(first);
      assert.equal(all.length, 6);
      await first.page.waitForTimeout(A_WHILE_MS);
      await stored(first, 'pictures', 6);
      await first.reload();
      await first.sees('status', `Restored: 2 classes, 6 pictures. ${KEPT}`);
      assert.deepEqual(await shown(first), all);
      assert.deepEqual(second.faults, []);
    },
  },
];
