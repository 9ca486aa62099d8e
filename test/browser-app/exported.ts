import { join } from 'node:path';
import { serveFolder } from '../site/server';
import type { Surroundings } from './check';
import { downloaded, unpacked } from './flow-checks';
import type { Visit } from './visit';

/** Downloads the classifier as a web page and unpacks it; the page's folder. */
export async function exported(visit: Visit, folder: string, name: string): Promise<string> {
  await visit.page.getByLabel('File format').selectOption('page');
  const zip = await downloaded(visit, folder, 'classifier-page.zip');
  const unzipped = join(folder, name);
  unpacked(zip, unzipped);
  return unzipped;
}

/** Opens an exported page from a plain static server. */
export async function atPage(
  { open }: Pick<Surroundings, 'open'>,
  folder: string,
  act: (visit: Visit) => Promise<void>,
): Promise<void> {
  const server = await serveFolder(folder);
  try {
    const visit = await open({ exported: server.address, camera: true });
    await visit.page.getByRole('heading', { name: 'Try' }).waitFor();
    await act(visit);
  } finally {
    await server.close();
  }
}

/** The probability of each class that the page shows, by its name; the bars have more digits than the text. */
export async function shares({ page }: Visit): Promise<Readonly<Record<string, number>>> {
  const rows = await page.locator('#scores li').evaluateAll((items) =>
    items.map((item): [string, number] => {
      const bar = item.querySelector<HTMLElement>('.bar-fill');
      return [
        item.querySelector('.score-name')?.textContent ?? '',
        parseFloat(bar?.style.width ?? '') / 100,
      ];
    }),
  );
  return Object.fromEntries(rows);
}
