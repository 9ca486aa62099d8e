import assert from 'node:assert/strict';
import { type Check, WITH_BASE } from './check';

export const cameraChecks: readonly Check[] = [
  {
    name: 'camera: takes pictures for a class and one to try, and is let go',
    run: async ({ open }) => {
      const visit = await open({ ...WITH_BASE, camera: true });
      const { page } = visit;
      const dialog = page.getByRole('dialog');
      const opener = visit.button('Use the camera: class 1');
      await opener.focus();
      await page.keyboard.press('Enter');
      await page.getByRole('dialog', { name: 'Pictures of class 1' }).waitFor();
      await page.waitForFunction(() => (document.querySelector('video')?.videoWidth ?? 0) > 0);
      await visit.inspect('camera');
      await visit.button('Take a picture').click();
      await visit.button('Take a picture').click();
      await dialog.getByText('2 pictures taken').waitFor();
      const stream = await page.evaluateHandle(
        () => document.querySelector('video')?.srcObject as MediaStream,
      );
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'hidden' });
      assert(await opener.evaluate((node) => node === document.activeElement), 'focus goes back');
      assert.equal(await page.evaluate(() => document.querySelector('video')?.srcObject), null);
      const states = await stream.evaluate((each) => each.getTracks().map((t) => t.readyState));
      assert.deepEqual(states, ['ended'], 'the camera is let go');
      assert.equal(
        await page.getByRole('img', { name: /from the camera$/ }).count(),
        2,
        'pictures',
      );

      await visit.button('Use the camera: class 2').click();
      await page.waitForFunction(() => (document.querySelector('video')?.videoWidth ?? 0) > 0);
      await visit.button('Take a picture').click();
      await visit.button('Done').click();
      await visit.button('Train').click();
      await visit.sees('status', /^Trained with/);
      await visit.button('Use the camera').click();
      await page.waitForFunction(() => (document.querySelector('video')?.videoWidth ?? 0) > 0);
      await visit.button('Take a picture').click();
      await visit.sees('status', /^Prediction: class [12] /);
    },
  },
];
