import assert from 'node:assert/strict';
import { type Check, WITH_BASE } from './check';
import { BLUE, plain, RED } from './drawn';
import { fit, nameAndFill, tryPicture } from './flow-checks';
import { A_WHILE_MS, inStore, KEPT, shown, stored } from './kept';

export const keptTroubleChecks: readonly Check[] = [
  {
    name: 'kept: where the browser keeps nothing, the page says so and works',
    run: async ({ open }) => {
      const visit = await open({
        ...WITH_BASE,
        init: () => {
          IDBFactory.prototype.open = () => {
            throw new DOMException('The user denied permission', 'SecurityError');
          };
        },
      });
      await visit.sees(
        'status',
        'This browser does not keep your pictures: The user denied permission. They are lost when you close or reload this page.',
      );
      await visit.inspect('nothing-kept');
      await nameAndFill(visit, 3);
      await fit(visit);
      await tryPicture(visit, (await plain(RED, 'new', 1))[0]!, /^Prediction: red /);
      // The browser asks before the pictures are lost.
      const [asked] = await Promise.all([
        visit.page.waitForEvent('dialog'),
        visit.page.close({ runBeforeUnload: true }),
      ]);
      assert.equal(asked.type(), 'beforeunload');
      await asked.accept();
    },
  },
  {
    name: 'kept: a full storage is told, keeps what it has, and is tried again',
    run: async ({ open }) => {
      const visit = await open(WITH_BASE);
      const { page } = visit;
      await nameAndFill(visit, 2);
      await stored(visit, 'pictures', 4);
      await page.evaluate(() => {
        const put = Reflect.get(IDBObjectStore.prototype, 'put') as (
          ...all: unknown[]
        ) => IDBRequest<IDBValidKey>;
        let count = 0;
        IDBObjectStore.prototype.put = function (...values) {
          // In the middle of a transaction.
          if (document.title !== 'enough' && count++ > 0)
            throw new DOMException('full', 'QuotaExceededError');
          return put.apply(this, values);
        };
      });
      await visit.addPictures('red', await plain(RED, 'more', 3));
      await visit.sees(
        'alert',
        'Your last changes are not kept: the browser’s storage for this page is full; remove pictures, or free some space.',
      );
      await visit.inspect('full');
      assert.equal(await inStore(page, 'pictures', 'count'), 4);
      assert.equal((await shown(visit)).length, 7);
      await page.evaluate(() => {
        document.title = 'enough';
      });
      await visit.button(/^Remove picture 5 of red/).click();
      await stored(visit, 'pictures', 6);
      await visit.sees('status', KEPT);
      assert.equal(await page.getByText('Your last changes are not kept').count(), 0);
      const before = await shown(visit);
      await visit.reload();
      assert.deepEqual(await shown(visit), before);

      // In the middle of a change: all of it is kept, or nothing of it.
      await visit.addPictures('blue', await plain(BLUE, 'late', 2));
      await visit.reload();
      await visit.sees('status', /^Restored: 2 classes, [68] pictures\. /);
      assert.deepEqual((await shown(visit)).slice(0, before.length), before);
    },
  },
  {
    name: 'kept: damaged records are told, and nothing is replaced before one agrees',
    run: async ({ open }) => {
      const visit = await open(WITH_BASE);
      const { page } = visit;
      await nameAndFill(visit, 2);
      await stored(visit, 'pictures', 4);
      await inStore(page, 'pictures', 'spoil first');
      await visit.reload();
      await visit.sees('alert', '1 picture of your project could not be read, and is left out.');
      await visit.sees('status', `Restored: 2 classes, 3 pictures. ${KEPT}`);
      await page.waitForTimeout(A_WHILE_MS);
      assert.equal(await inStore(page, 'pictures', 'count'), 4);
      assert.equal(await page.getByText('could not be read').count(), 1, 'the alert stays');

      await inStore(page, 'project', 'spoil first');
      await visit.reload();
      await visit.sees('alert', /^The project that is kept in this browser is damaged /);
      await visit.inspect('damaged');
      await visit.addPictures('class 1', await plain(RED, 'red', 1));
      await page.waitForTimeout(A_WHILE_MS);
      assert.equal(await inStore(page, 'pictures', 'count'), 4);
      await visit.button('Start anew').click();
      await stored(visit, 'pictures', 0);
      await visit.sees('status', KEPT);
      await visit.addPictures('class 1', await plain(RED, 'red', 1));
      await stored(visit, 'pictures', 1);
      await visit.reload();
      await visit.sees('status', `Restored: 2 classes, 1 picture. ${KEPT}`);
    },
  },
];
