import type { Page } from 'playwright-core';
import type { Visit } from './visit';

/** Something that is to be kept is kept in this time, on a machine that is not busy. */
export const A_WHILE_MS = 1_000;
export const KEPT = 'Kept in this browser; nothing is uploaded.';

/** Reads or changes a store of the page's database. */
export function inStore<T>(
  page: Page,
  name: 'project' | 'pictures' | 'classifier',
  act: 'count' | 'spoil first',
): Promise<T> {
  return page.evaluate(
    ([store, what]) =>
      new Promise<T>((resolve, reject) => {
        const opening = indexedDB.open('resnet-heads browser app');
        opening.onerror = () => {
          reject(opening.error!);
        };
        opening.onsuccess = () => {
          const transaction = opening.result.transaction(store, 'readwrite');
          const records = transaction.objectStore(store);
          const counting = records.count();
          if (what === 'spoil first') {
            const finding = records.getAllKeys();
            finding.onsuccess = () => {
              records.put({ name: 'spoilt', blob: new Blob(['no picture']) }, finding.result[0]);
            };
          }
          transaction.oncomplete = () => {
            opening.result.close();
            resolve(counting.result as T);
          };
        };
      }),
    [name, act] as const,
  );
}

/** Waits until a store has so many records. */
export async function stored({ page }: Visit, name: 'pictures' | 'classifier', count: number) {
  while ((await inStore<number>(page, name, 'count')) !== count) await page.waitForTimeout(50);
}

/** The pictures with their names, and sums of their pixels that a change of any of them changes. */
export const shown = ({ page }: Visit) =>
  page.locator('.thumbs canvas').evaluateAll((all) =>
    (all as HTMLCanvasElement[]).map((canvas) => {
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      let sum = 0;
      for (const [i, value] of data.entries()) sum = (sum + value * (1 + (i % 9973))) % 2 ** 40;
      return `${canvas.ariaLabel}: ${sum}`;
    }),
  );
