import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import { streamOf } from './camera-checks';
import { type Check, WITH_BASE } from './check';
import { BLUE, type DrawnFile, plain, RED } from './drawn';
import type { Visit } from './visit';

/** Chooses files by a button that the keyboard presses. */
async function press(visit: Visit, opener: Locator, files: readonly DrawnFile[]): Promise<void> {
  await visit.tabTo(opener);
  const [chooser] = await Promise.all([
    visit.page.waitForEvent('filechooser'),
    visit.page.keyboard.press('Enter'),
  ]);
  await chooser.setFiles([...files]);
}

const isFocused = (target: Locator) => target.evaluate((node) => node === document.activeElement);

export const keyboardChecks: readonly Check[] = [
  {
    name: 'keyboard: all the way, and whatever has the focus shows it',
    run: async ({ open }) => {
      const visit = await open({ ...WITH_BASE, camera: true });
      const { page } = visit;
      for (const [i, name, colour] of [
        [1, 'red', RED],
        [2, 'blue', BLUE],
      ] as const) {
        await visit.tabTo(page.getByLabel(`Name of class ${i}`));
        await page.keyboard.press('ControlOrMeta+a');
        await page.keyboard.type(name);
        await press(visit, visit.button(`Add pictures: ${name}`), await plain(colour, name, 4));
        await visit.sees('status', `4 pictures added to ${name}`);
      }
      await visit.tabTo(visit.button('Remove picture 4 of blue: blue-3.png'));
      await page.keyboard.press('Enter');
      await visit.sees('status', 'Picture removed from blue');
      assert(
        await isFocused(visit.button('Remove picture 3 of blue: blue-2.png')),
        'focus after it',
      );
      await visit.tabTo(visit.button('Undo: Picture removed from blue'));
      await page.keyboard.press('Enter');
      await visit.sees('status', 'Undone: Picture removed from blue');
      assert(
        await isFocused(visit.button('Undo: 4 pictures added to blue')),
        'focus after undoing',
      );

      await visit.tabTo(visit.button('Use the camera: blue'), 'Shift+Tab');
      await page.keyboard.press('Enter');
      await page.getByRole('dialog', { name: 'Pictures of blue' }).waitFor();
      await streamOf(visit, 'camera-view');
      assert(await isFocused(visit.button('Take a picture')), 'focus in the dialog');
      await page.keyboard.press('Space');
      await visit.sees('status', '1 picture taken');
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'hidden' });
      assert(await isFocused(visit.button('Use the camera: blue')), 'focus after the dialog');
      await page.keyboard.press('ControlOrMeta+z');
      await visit.sees('status', 'Undone: 1 picture added to blue');
      assert(await isFocused(visit.button('Use the camera: blue')), 'focus after undoing');

      await visit.tabTo(visit.button('Add a class'));
      await page.keyboard.press('Enter');
      assert(await isFocused(page.getByLabel('Name of class 3')), 'focus on the new class');
      await visit.tabTo(visit.button('Remove class: class 3'), 'Shift+Tab');
      await page.keyboard.press('Enter');
      assert(await isFocused(page.getByLabel('Name of class 2')), 'focus after the class is gone');

      await visit.tabTo(page.getByRole('radio', { name: 'Pooled' }));
      await page.keyboard.press('ArrowDown');
      await visit.sees('status', /^Flattened, 2 classes/);
      await page.keyboard.press('ArrowUp');
      await visit.sees('status', /^Pooled, 2 classes/);

      await visit.tabTo(visit.button('Train'));
      await page.keyboard.press('Enter');
      await visit.sees('status', /^Trained with an L2 penalty of /);
      assert(await isFocused(visit.button('Train')), 'focus after training');
      await press(visit, visit.button('Choose a picture'), await plain(BLUE, 'new', 1));
      await visit.sees('status', /^Prediction: blue /);

      await visit.tabTo(visit.button('Use the camera'));
      await page.keyboard.press('Enter');
      const explain = visit.button('Explain this picture');
      await page.getByText(/ pictures per second$/).waitFor();
      assert(await isFocused(explain), 'focus on what the camera has');
      await page.keyboard.press('Enter');
      await visit.sees('status', /^Prediction: (red|blue) /);
      assert(await isFocused(visit.button('Use the camera')), 'focus after the camera');
      await visit.tabTo(page.getByLabel('Show evidence for'));
      await visit.tabTo(visit.button('Start anew'), 'Shift+Tab');
      await page.keyboard.press('Enter');
      await visit.sees('status', 'Started anew: 8 pictures removed');
      assert(await isFocused(visit.button('Start anew')), 'focus after starting anew');
    },
  },
];
