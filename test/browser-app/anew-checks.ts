import assert from 'node:assert/strict';
import { type Check, WITH_BASE } from './check';
import { plain, RED } from './drawn';
import { fit, nameAndFill, tryPicture } from './flow-checks';
import { A_WHILE_MS, inStore, stored } from './kept';
import type { Visit } from './visit';

/** The text and the controls of the sections 3 and 4. */
const results = async ({ page }: Visit): Promise<string[]> =>
  Promise.all(['train', 'try'].map((id) => page.locator(`#${id}`).innerText()));

/** Starts a training that takes long enough to be looked at. */
async function startLong(visit: Visit): Promise<void> {
  const { page } = visit;
  await page.getByRole('radio', { name: 'Flattened' }).check();
  await page.getByLabel('Hidden units').fill('2048');
  await page.getByRole('spinbutton', { name: 'Epochs' }).fill('500');
  await visit.button('Train').click();
  await page.getByText(/^Epoch \d+ of 500: loss /).waitFor();
}

export const anewChecks: readonly Check[] = [
  {
    name: 'anew: nothing of the previous project is left, and undoing brings it back',
    run: async ({ open }) => {
      const visit = await open({ ...WITH_BASE, camera: true });
      const { page } = visit;
      const first = await results(visit);
      await nameAndFill(visit, 5);
      await fit(visit);
      await tryPicture(visit, (await plain(RED, 'new', 1))[0]!, /^Prediction: red /);
      await stored(visit, 'classifier', 1);
      await visit.button('Use the camera').click();
      await page.getByText(/^[\d.]+ pictures per second$/).waitFor();
      const trained = (await results(visit))[0];
      await visit.button('Start anew').click();
      assert.deepEqual(await results(visit), first);
      const source = await page
        .locator('#live-view')
        .evaluate((node) => (node as HTMLVideoElement).srcObject);
      assert.equal(source, null, 'the camera is off');
      await visit.inspect('anew');
      await visit.button(/^Undo: Started anew/).click();
      assert.equal((await results(visit))[0], trained);
      await tryPicture(visit, (await plain(RED, 'new', 1))[0]!, /^Prediction: red /);
      await visit.button('Download the report').waitFor();
    },
  },
  {
    name: 'anew: ends a training, whose classifier is neither used nor kept',
    run: async ({ open }) => {
      const visit = await open(WITH_BASE);
      const { page } = visit;
      await nameAndFill(visit, 3);
      const held = await visit.tensors();
      await startLong(visit);
      await visit.button('Start anew').click();
      await visit.button('Train').waitFor();
      await page.waitForTimeout(A_WHILE_MS);
      assert.equal(await page.locator('#train-status').innerText(), '');
      assert.equal(await page.locator('#curve').isVisible(), false, 'curve');
      assert.equal(await visit.button('Choose a picture').isVisible(), false, 'no classifier');
      assert.equal(await inStore(page, 'classifier', 'count'), 0);
      assert.equal(await visit.tensors(), held, 'tensors');
      await visit.button(/^Undo: Started anew/).click();
      assert.equal(await visit.button('Choose a picture').isVisible(), false, 'no classifier');
    },
  },
  {
    name: 'cancel: not by a double click on Train, and what was trained before is still shown',
    run: async ({ open }) => {
      const visit = await open(WITH_BASE);
      const { page } = visit;
      // Without held-out pictures, by which training could end early.
      await nameAndFill(visit, 3);
      await visit.button('Train').dblclick();
      await visit.sees('status', /^Trained with an L2 penalty of /);
      const before = await page.locator('#train-status').innerText();
      await startLong(visit);
      await page.waitForTimeout(A_WHILE_MS);
      await visit.button('Cancel').click();
      await visit.sees('status', `Cancelled. Your pictures and settings are unchanged. ${before}`);
      await page.getByRole('img', { name: /^Loss over \d+ L2 penalties: from / }).waitFor();
    },
  },
];
