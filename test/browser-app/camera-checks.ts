import assert from 'node:assert/strict';
import type { JSHandle } from 'playwright-core';
import { type Check, WITH_BASE } from './check';
import type { Visit } from './visit';

/** Waits until a camera's pictures are on the page; its stream. */
export async function streamOf({ page }: Visit, id: string): Promise<JSHandle<MediaStream>> {
  const video = page.locator(`#${id}`);
  const handle = await video.elementHandle();
  await page.waitForFunction((node) => (node as HTMLVideoElement).videoWidth > 0, handle);
  return video.evaluateHandle((node) => (node as HTMLVideoElement).srcObject as MediaStream);
}

/** Asserts that a camera was let go. */
export async function assertIsOff(visit: Visit, id: string, stream: JSHandle<MediaStream>) {
  const source = await visit.page
    .locator(`#${id}`)
    .evaluate((node) => (node as HTMLVideoElement).srcObject);
  assert.equal(source, null, 'the view has no camera');
  const states = await stream.evaluate((each) => each.getTracks().map((t) => t.readyState));
  assert.deepEqual(states, ['ended'], 'the camera is let go');
}

/** Tells the page that it is hidden. */
export const hide = ({ page }: Visit) =>
  page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { value: true, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
    Reflect.deleteProperty(document, 'hidden');
  });

const taken = async ({ page }: Visit): Promise<number> =>
  page.getByRole('img', { name: /from the camera$/, includeHidden: true }).count();

/** Some pictures, and more than one press takes. */
const ROW = 4;
/** Two or three pictures would be taken in this time. */
const A_WHILE_MS = 600;

/** Waits for a row of pictures, ends it, and asserts that no more come. */
async function assertRow(visit: Visit, end: () => Promise<unknown>): Promise<void> {
  const { page } = visit;
  const before = await taken(visit);
  await page.waitForFunction(
    (least) => document.querySelectorAll('.thumbs canvas').length >= least,
    before + ROW,
  );
  await end();
  const after = await taken(visit);
  await page.waitForTimeout(A_WHILE_MS);
  assert.equal(await taken(visit), after, 'pictures after the end');
}

export const cameraChecks: readonly Check[] = [
  {
    name: 'camera: takes pictures for a class, and is let go',
    run: async ({ open }) => {
      const visit = await open({ ...WITH_BASE, camera: true });
      const { page } = visit;
      const dialog = page.getByRole('dialog');
      const opener = visit.button('Use the camera: class 1');
      await opener.focus();
      await page.keyboard.press('Enter');
      await page.getByRole('dialog', { name: 'Pictures of class 1' }).waitFor();
      const stream = await streamOf(visit, 'camera-view');
      await visit.inspect('camera');
      await visit.button('Take a picture').click();
      await visit.button('Take a picture').click();
      await visit.sees('status', '2 pictures taken');
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'hidden' });
      assert(await opener.evaluate((node) => node === document.activeElement), 'focus goes back');
      await assertIsOff(visit, 'camera-view', stream);
      assert.equal(await taken(visit), 2, 'pictures');
    },
  },
  {
    name: 'camera: takes pictures in a row while the button is held, by pointer or key',
    run: async ({ open }) => {
      const visit = await open({ ...WITH_BASE, camera: true });
      const { page } = visit;
      const dialog = page.getByRole('dialog');
      const opener = visit.button('Use the camera: class 1');
      const button = visit.button('Take a picture');
      await opener.click();
      const stream = await streamOf(visit, 'camera-view');
      await button.hover();
      await page.mouse.down();
      await assertRow(visit, () => page.mouse.up());
      await visit.sees('status', /^\d+ pictures taken$/);
      for (const key of ['Space', 'Enter']) {
        await button.press(key);
        const before = await taken(visit);
        await page.keyboard.down(key);
        await assertRow(visit, () => page.keyboard.up(key));
        assert((await taken(visit)) > before, 'the key takes pictures');
      }
      await page.mouse.down();
      await assertRow(visit, () => page.mouse.move(-20, 300));
      await page.mouse.up();
      await button.hover();
      await page.mouse.down();
      await assertRow(visit, () => page.evaluate(() => window.dispatchEvent(new Event('blur'))));
      await page.mouse.up();
      await button.focus();
      await page.keyboard.down('Enter');
      await assertRow(visit, () => page.keyboard.press('Escape'));
      await dialog.waitFor({ state: 'hidden' });
      // The key is still held, and repeats on the button that has the focus now.
      await page.keyboard.down('Enter');
      await page.keyboard.up('Enter');
      assert.equal(await dialog.isVisible(), false, 'the dialog opens again');
      await assertIsOff(visit, 'camera-view', stream);
      const all = await taken(visit);
      await visit.inspect('camera-row');

      // Each press is undone by itself.
      await visit.button(/^Undo: \d+ pictures added to class 1$/).click();
      const left = await taken(visit);
      assert(left > 0 && left < all - 1, `${left} of ${all} pictures`);
      await visit.button(/^Redo: /).click();
      assert.equal(await taken(visit), all);
    },
  },
  {
    name: 'camera: a lost one ends the row, and says so',
    run: async ({ open }) => {
      const visit = await open({ ...WITH_BASE, camera: true });
      const { page } = visit;
      await visit.button('Use the camera: class 1').click();
      const stream = await streamOf(visit, 'camera-view');
      await visit.button('Take a picture').hover();
      await page.mouse.down();
      await assertRow(visit, () =>
        stream.evaluate((each) => {
          for (const track of each.getTracks()) {
            track.stop();
            track.dispatchEvent(new Event('ended'));
          }
        }),
      );
      await visit.sees('alert', /^The camera was disconnected\. /);
      await page.getByRole('dialog').waitFor({ state: 'hidden' });
      await assertIsOff(visit, 'camera-view', stream);
    },
  },
  {
    name: 'camera: a slow permission is waited for visibly, and Escape ends the waiting',
    run: async ({ open }) => {
      const visit = await open({ ...WITH_BASE, camera: true });
      const { page } = visit;
      await page.evaluate(() => {
        const { mediaDevices } = navigator;
        const ask = mediaDevices.getUserMedia.bind(mediaDevices);
        mediaDevices.getUserMedia = async (constraints) => {
          await new Promise<void>((resolve) => {
            window.addEventListener('allowed', () => {
              resolve();
            });
          });
          return ask(constraints);
        };
      });
      const allow = () => page.evaluate(() => window.dispatchEvent(new Event('allowed')));
      const dialog = page.getByRole('dialog');
      await visit.button('Use the camera: class 1').click();
      await visit.sees('status', 'Waiting for the camera …');
      assert(await visit.button('Take a picture').isDisabled());
      await visit.inspect('camera-waiting');
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'hidden' });
      await allow();
      await page.waitForTimeout(A_WHILE_MS);
      assert.equal(await dialog.isVisible(), false, 'the dialog opens later');
      await visit.button('Use the camera: class 2').click();
      await visit.sees('status', 'Waiting for the camera …');
      await allow();
      await streamOf(visit, 'camera-view');
      await visit.button('Take a picture').click();
      await visit.sees('status', '1 picture taken');
    },
  },
  {
    name: 'camera: the dialog lets it go when the page is hidden',
    run: async ({ open }) => {
      const visit = await open({ ...WITH_BASE, camera: true });
      const { page } = visit;
      await visit.button('Use the camera: class 1').click();
      const stream = await streamOf(visit, 'camera-view');
      await hide(visit);
      await visit.sees('alert', 'The camera was switched off when the page was hidden.');
      await page.getByRole('dialog').waitFor({ state: 'hidden' });
      await assertIsOff(visit, 'camera-view', stream);
      // What it complains of is over.
      await visit.button('Add a class').click();
      assert.equal(await page.getByText('The camera was switched off').count(), 0);
    },
  },
];
