import assert from 'node:assert/strict';
import { loadBackbone } from 'resnet-heads';
import type { Check } from './check';
import { FRUIT_NAMES, fruits } from './fruit';
import { portray } from './portrait';
import type { Visit } from './visit';

const PER_CLASS = 6;

/** Adds `PER_CLASS` drawings of each fruit, trains, and tries a new drawing of each. */
export async function trainOnFruit(visit: Visit): Promise<void> {
  const { page } = visit;
  for (let i = 2; i < FRUIT_NAMES.length; i++) await visit.button('Add a class').click();
  for (const [i, fruit] of FRUIT_NAMES.entries()) {
    await page.getByLabel(`Name of class ${i + 1}`).fill(fruit);
    await visit.addPictures(fruit, await fruits(fruit, PER_CLASS));
  }
  await visit.button('Train').click();
  await visit.sees('status', /^Trained with an L2 penalty of /);
  for (const fruit of FRUIT_NAMES) {
    await visit.choose(visit.button('Choose a picture'), await fruits(fruit, 1, PER_CLASS + 1));
    await visit.sees('status', new RegExp(`^Prediction: ${fruit} `));
  }
}

export const miniChecks: readonly Check[] = [
  {
    name: 'mini: is chosen when the page opens, trains without network, and classifies new drawings',
    run: async ({ open, screenshots }) => {
      const visit = await open();
      const { page } = visit;
      const mini = await loadBackbone('resnet-mini');
      const head = 512 * 2 + 2;
      const thousands = Math.round((mini.model.countParams() + head) / 1000);
      const features = mini.featureShape.reduce((product, each) => product * each, 1);
      mini.dispose();
      assert(await page.getByRole('radio', { name: 'resnet-mini' }).isChecked(), 'the choice');
      assert.equal(await page.getByLabel('Picture size').isVisible(), false, 'a size to choose');
      await visit.sees(
        'status',
        `Pooled, 2 classes: ${head.toLocaleString('en')} parameters to train, ${thousands} k with the backbone`,
      );
      await page.getByRole('radio', { name: 'Flattened' }).check();
      const flattened = features * 1024 + 1024 + 1024 * 2 + 2;
      await visit.sees(
        'status',
        `Flattened, 2 classes: ${flattened.toLocaleString('en')} parameters to train`,
      );
      await page.getByRole('radio', { name: 'Pooled' }).check();
      await trainOnFruit(visit);
      await visit.inspect('mini');
      if (screenshots !== undefined) await portray(page, screenshots);
    },
  },
  {
    name: 'mini: is loaded once, and no tensor is left behind',
    run: async ({ open }) => {
      const visit = await open();
      await trainOnFruit(visit);
      const held = await visit.tensors();
      await visit.button('Train').click();
      await visit.sees('status', /^Computing features|^Training the head/);
      await visit.sees('status', /^Trained with an L2 penalty of /);
      assert.equal(await visit.tensors(), held, 'tensors after training again');
    },
  },
];
