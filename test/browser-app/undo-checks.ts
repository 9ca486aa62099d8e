import assert from 'node:assert/strict';
import { type Check, WITH_BASE } from './check';
import { plain, RED } from './drawn';
import { nameAndFill } from './flow-checks';
import type { Visit } from './visit';

/** The names of all pictures in their order. */
const pictures = ({ page }: Visit): Promise<string[]> =>
  page.locator('.thumbs canvas').evaluateAll((all) => all.map((each) => each.ariaLabel ?? ''));

const undo = 'ControlOrMeta+z';

export const undoChecks: readonly Check[] = [
  {
    name: 'undo: removed pictures and classes come back in their places',
    run: async ({ open }) => {
      const visit = await open(WITH_BASE);
      const { page } = visit;
      await nameAndFill(visit, 4);
      const all = await pictures(visit);
      assert.equal(all.length, 8);
      for (const name of ['red: red-1', 'red: red-3', 'blue: blue-0']) {
        await page
          .getByRole('button', { name: new RegExp(`^Remove picture \\d of ${name}`) })
          .click();
      }
      assert.equal((await pictures(visit)).length, 5);
      await visit.inspect('undo');
      await visit.button('Undo: Picture removed from blue').click();
      await visit.sees('status', 'Undone: Picture removed from blue');
      await page.keyboard.press(undo);
      await page.keyboard.press(undo);
      assert.deepEqual(await pictures(visit), all);
      await visit.inspect('undone');
      await visit.button('Redo: Picture removed from red').click();
      assert.equal((await pictures(visit)).length, 7);
      await page.keyboard.press(undo);

      await visit.button('Add a class').click();
      await page.getByLabel('Name of class 3').fill('third');
      await visit.addPictures('third', await plain(RED, 'third', 2));
      await visit.button('Remove class: red').click();
      assert.equal(await page.getByLabel(/^Name of class/).count(), 2);
      await visit.button('Undo: red removed').click();
      assert.equal(await page.getByLabel('Name of class 1').inputValue(), 'red');
      assert.deepEqual(await pictures(visit), [...all, 'third-0.png', 'third-1.png']);

      await visit.button('Start anew').click();
      await visit.sees('status', 'Started anew: 10 pictures removed');
      assert.deepEqual(await pictures(visit), []);
      assert.equal(await page.getByLabel('Name of class 1').inputValue(), 'class 1');
      await page.keyboard.press(undo);
      assert.deepEqual(await pictures(visit), [...all, 'third-0.png', 'third-1.png']);
      assert.equal(await page.getByLabel('Name of class 3').inputValue(), 'third');
      await visit.button('Undo: 2 pictures added to third').click();
      await visit.button('Undo: class 3 added').click();
      assert.deepEqual(await pictures(visit), all);
    },
  },
  {
    name: 'undo: Ctrl+Z in a text field is the browser’s, and the focus is never lost',
    run: async ({ open }) => {
      const visit = await open(WITH_BASE);
      const { page } = visit;
      await visit.addPictures('class 1', await plain(RED, 'red', 2));
      const name = page.getByLabel('Name of class 1');
      await name.focus();
      await page.keyboard.type('x');
      await page.keyboard.press(undo);
      assert.equal((await pictures(visit)).length, 2);
      const remove = visit.button(/^Remove picture 2 of /);
      await visit.tabTo(remove);
      await page.keyboard.press('Enter');
      // The focus is on the other picture's button.
      await page.keyboard.press(undo);
      assert.equal((await pictures(visit)).length, 2);
      const isLost = () => page.evaluate(() => document.activeElement === document.body);
      assert.equal(await isLost(), false, 'the focus is lost');
      await visit.tabTo(visit.button(/^Undo: /));
      await page.keyboard.press('Enter');
      assert.deepEqual(await pictures(visit), []);
      assert.equal(await isLost(), false, 'the focus is lost');
      await page.keyboard.press('ControlOrMeta+Shift+z');
      assert.equal((await pictures(visit)).length, 2);
    },
  },
  {
    name: 'undo: a class that was removed while its pictures were read has them',
    run: async ({ open }) => {
      const visit = await open(WITH_BASE);
      const { page } = visit;
      await visit.button('Add a class').click();
      await page.evaluate(() => {
        const read = window.createImageBitmap.bind(window) as (
          source: Blob,
        ) => Promise<ImageBitmap>;
        window.createImageBitmap = async (source: ImageBitmapSource) => {
          await new Promise<void>((resolve) => {
            window.addEventListener('read', () => {
              resolve();
            });
          });
          document.title = 'read';
          return read(source as Blob);
        };
      });
      await visit.choose(visit.button('Add pictures: class 3'), await plain(RED, 'red', 1));
      await visit.button('Remove class: class 3').click();
      await page.evaluate(() => window.dispatchEvent(new Event('read')));
      await page.waitForFunction(() => document.title === 'read');
      await visit.button('Undo: class 3 removed').click();
      await visit.button('Undo: 1 picture added to class 3').waitFor();
      assert.deepEqual(await pictures(visit), ['red-0.png']);
    },
  },
];
