import assert from 'node:assert/strict';
import { assertIsOff, hide, streamOf } from './camera-checks';
import { type Check, WITH_BASE } from './check';
import { plain, RED } from './drawn';
import { fit, nameAndFill, tryPicture } from './flow-checks';
import type { Visit } from './visit';

async function trainedWithCamera(open: Parameters<Check['run']>[0]['open']): Promise<Visit> {
  const visit = await open({ ...WITH_BASE, camera: true });
  await nameAndFill(visit, 3);
  await fit(visit);
  return visit;
}

/** Starts the camera, and waits until it was classified for a while. */
async function start(visit: Visit) {
  await visit.button('Use the camera').click();
  const stream = await streamOf(visit, 'live-view');
  await visit.page.getByText(/^[\d.]+ pictures per second$/).waitFor();
  return stream;
}

/** Changes of what screen readers are told that a test waits for. */
const CHANGES = 3;
/** Less than the two seconds that lie between them at least: timers are not exact. */
const LEAST_BETWEEN_MS = 1_500;

export const liveChecks: readonly Check[] = [
  {
    name: 'live: classifies the camera, explains one picture, and leaves no tensor behind',
    run: async ({ open }) => {
      const visit = await trainedWithCamera(open);
      const { page } = visit;
      await tryPicture(visit, (await plain(RED, 'new', 1))[0]!, /^Prediction: red /);
      await page.getByRole('img', { name: /“red”/ }).waitFor();
      const held = await visit.tensors();

      const first = await start(visit);
      const explain = visit.button('Explain this picture');
      assert(await explain.evaluate((node) => node === document.activeElement), 'focus');
      const bars = page.getByRole('group', { name: 'The camera’s pictures' }).getByRole('listitem');
      assert.deepEqual(
        (await bars.allInnerTexts()).map((text) => text.split('\n')[0]),
        ['red', 'blue'],
        'bars in the order of the classes',
      );
      assert.equal(await page.getByRole('heading', { name: /^Prediction/ }).count(), 0);
      await visit.inspect('live');
      await explain.click();
      await visit.sees('status', /^Prediction: (red|blue) /);
      await page.getByRole('img', { name: /^(The e|E)vidence for “(red|blue)” is / }).waitFor();
      await assertIsOff(visit, 'live-view', first);
      const opener = visit.button('Use the camera');
      assert(await opener.evaluate((node) => node === document.activeElement), 'focus goes back');
      assert.equal(await visit.tensors(), held, 'tensors after explaining');

      const second = await start(visit);
      await visit.button('Stop').click();
      await visit.sees('status', 'The camera is off.');
      await assertIsOff(visit, 'live-view', second);
      assert.equal(await visit.tensors(), held, 'tensors after stopping');
    },
  },
  {
    name: 'live: tells screen readers the class when it changes, and not too often',
    run: async ({ open }) => {
      const visit = await trainedWithCamera(open);
      const { page } = visit;
      await start(visit);
      // The camera of this test changes between red and blue every second or so.
      const said = await page.locator('#live-status').evaluate(
        (area, count) =>
          new Promise<{ readonly text: string; readonly at: number }[]>((resolve) => {
            const all: { readonly text: string; readonly at: number }[] = [];
            new MutationObserver(() => {
              all.push({ text: area.textContent, at: performance.now() });
              if (all.length === count) resolve(all);
            }).observe(area, { childList: true });
          }),
        CHANGES,
      );
      for (const [i, { text, at }] of said.entries()) {
        assert(['red', 'blue'].includes(text), text);
        const before = said[i - 1];
        if (before === undefined) continue;
        assert.notEqual(text, before.text, 'the same again');
        assert(at - before.at > LEAST_BETWEEN_MS, `${at - before.at} ms between them`);
      }
    },
  },
  {
    name: 'live: the camera goes off when the page is hidden, lost, or another classifier comes',
    run: async ({ open }) => {
      const visit = await trainedWithCamera(open);
      const { page } = visit;
      const hidden = await start(visit);
      await hide(visit);
      await visit.sees('status', 'The camera was switched off when the page was hidden.');
      await assertIsOff(visit, 'live-view', hidden);

      const lost = await start(visit);
      await lost.evaluate((each) => {
        for (const track of each.getTracks()) {
          track.stop();
          track.dispatchEvent(new Event('ended'));
        }
      });
      await visit.sees('alert', /^The camera was disconnected\. /);
      await assertIsOff(visit, 'live-view', lost);

      const taken = await start(visit);
      await visit.button('Use the camera: red').click();
      await streamOf(visit, 'camera-view');
      await assertIsOff(visit, 'live-view', taken);
      await page.keyboard.press('Escape');

      const replaced = await start(visit);
      await fit(visit);
      await assertIsOff(visit, 'live-view', replaced);
      await tryPicture(visit, (await plain(RED, 'new', 1))[0]!, /^Prediction: red /);
    },
  },
];
