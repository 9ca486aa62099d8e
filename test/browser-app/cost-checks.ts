import assert from 'node:assert/strict';
import type { Check } from './check';

const CLASSES = 10;

export const costChecks: readonly Check[] = [
  {
    name: 'cost: changes with the head, and is the contract’s, before anything is loaded',
    run: async ({ open }) => {
      const visit = await open();
      const { page } = visit;
      const before = await visit.tensors();
      await page.getByRole('radio', { name: 'ResNet-50 trained on ImageNet' }).check();
      await visit.sees('status', 'Pooled, 2 classes: 4,098 parameters to train');
      for (let i = 2; i < CLASSES; i++) await visit.button('Add a class').click();
      await visit.sees(
        'status',
        'Pooled, 10 classes: 20,490 parameters to train, 23.6 M with the backbone',
      );
      for (const macs of ['20,480', '102,770,688', '103,262,208']) {
        await page
          .getByRole('definition')
          .filter({ hasText: new RegExp(`^${macs}$`) })
          .waitFor();
      }
      await page.getByRole('radio', { name: 'Flattened' }).check();
      await visit.sees('status', 'Flattened, 10 classes: 102,771,722 parameters to train');
      await visit.sees('alert', /^Training needs 4\.\d+ GB, more than a page can use/);
      await visit.inspect('cost-warning');
      await page.getByLabel('Hidden units').fill('64');
      await visit.sees('status', 'Flattened, 10 classes: 6,423,242 parameters to train');
      assert.equal(await page.getByText('more than a page can use').count(), 0, 'warnings');
      await page.getByRole('radio', { name: 'Dense' }).check();
      await page.getByLabel('Hidden units').fill('1024');
      await visit.sees('status', 'Dense, 10 classes: 2,108,426 parameters to train');
      await page.getByLabel('Picture size').selectOption('96 × 96');
      await page.getByRole('radio', { name: 'Flattened' }).check();
      await visit.sees('status', 'Flattened, 10 classes: 18,885,642 parameters to train');
      assert.equal(await visit.tensors(), before, 'tensors');
    },
  },
  {
    name: 'cost: of a head on a base of one’s own, as it will be built',
    run: async ({ open, baseFiles }) => {
      const visit = await open();
      const { page } = visit;
      await page.getByRole('radio', { name: 'Your own model' }).check();
      await visit.sees('status', 'Choose the backbone’s files to see the cost of each head.');
      await visit.choose(visit.button('Choose files'), baseFiles);
      // A map of [8, 8, 96]: 96 × 2 + 2; 6,144 × 1,024 + 1,024 + 1,024 × 2 + 2. The base has 8 × 8 × 3 × 96.
      await visit.sees(
        'status',
        'Pooled, 2 classes: 194 parameters to train, 18.6 k with the backbone',
      );
      await page.getByRole('radio', { name: 'Flattened' }).check();
      await visit.sees('status', 'Flattened, 2 classes: 6,294,530 parameters to train');
      await visit.inspect('own-base');
    },
  },
];
