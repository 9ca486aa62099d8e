import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Check, WITH_BASE } from './check';
import { plain, RED } from './drawn';
import { fit, nameAndFill, tryPicture } from './flow-checks';
import type { Visit } from './visit';

async function downloadedReport(visit: Visit, folder: string): Promise<string> {
  const [download] = await Promise.all([
    visit.page.waitForEvent('download'),
    visit.button('Download the report').click(),
  ]);
  assert.equal(download.suggestedFilename(), 'report.html');
  const path = join(folder, 'report.html');
  await download.saveAs(path);
  return readFileSync(path, 'utf8');
}

export const reportChecks: readonly Check[] = [
  {
    name: 'report: is on the held-out pictures, downloads and opens in a tab, and leaves no tensor behind',
    run: async ({ open, folder, screenshots }) => {
      const visit = await open(WITH_BASE);
      const { page } = visit;
      assert.equal(await visit.button('Download the report').isVisible(), false, 'before training');
      await nameAndFill(visit, 10);
      await fit(visit);
      const [red] = await plain(RED, 'new', 1);
      await tryPicture(visit, red!, /^Prediction: red /);
      const held = await visit.tensors();
      const report = await downloadedReport(visit, folder);
      await visit.sees('status', 'The report is written.');
      assert(report.includes('<h1>Report on 4 held-out pictures</h1>'), 'the title');
      for (const text of ['Confusion matrix', '>red<', '>blue<']) {
        assert(report.includes(text), text);
      }
      assert.equal(/<script|https?:\/\/[^"]*\.js/.test(report), false, 'scripts');
      await visit.inspect('report-offered');

      const [tab] = await Promise.all([
        page.context().waitForEvent('page'),
        visit.button('Open the report in a new tab').click(),
      ]);
      await tab.getByRole('heading', { name: 'Report on 4 held-out pictures' }).waitFor();
      const matrix = tab.getByRole('table', { name: 'Pictures by true and predicted class' });
      assert.match(await matrix.innerText(), /red\s+2\s+blue\s+2/);
      if (screenshots !== undefined) {
        for (const colorScheme of ['light', 'dark'] as const) {
          await tab.emulateMedia({ colorScheme });
          await tab.screenshot({
            path: join(screenshots, `report-${colorScheme}.png`),
            fullPage: true,
          });
        }
      }
      await tab.close();
      await tryPicture(visit, red!, /^Prediction: red /);
      await page.getByRole('img', { name: /“red”/ }).waitFor();
      assert.equal(await visit.tensors(), held, 'tensors after the report');
    },
  },
  {
    name: 'report: on training pictures where none are held out, and none of an opened classifier',
    run: async ({ open, folder }) => {
      const visit = await open(WITH_BASE);
      await nameAndFill(visit, 3);
      await fit(visit);
      const report = await downloadedReport(visit, folder);
      await visit.sees('status', 'No pictures were held out, so it is on the training pictures.');
      assert(report.includes('<h1>Report on 6 training pictures</h1>'), 'the title');
      const [download] = await Promise.all([
        visit.page.waitForEvent('download'),
        visit.button('Download the classifier').click(),
      ]);
      const zip = join(folder, 'classifier.zip');
      await download.saveAs(zip);
      await visit.choose(visit.button('Open a saved classifier'), [zip]);
      await visit.sees('status', 'The classifier is opened.');
      assert.equal(await visit.button('Download the report').isVisible(), false, 'after opening');
    },
  },
];
