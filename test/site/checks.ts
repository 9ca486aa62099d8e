import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../scripts/matrix/consumers';
import { trainOnFruit } from '../browser-app/mini-checks';
import { Visit } from '../browser-app/visit';
import type { SiteVisit } from './site-visit';

interface SiteCheck {
  readonly name: string;
  readonly run: (visit: SiteVisit) => Promise<void>;
}

/** What the site calls a page in Markdown. */
const heading = (path: string): string =>
  /^# (.*)$/m.exec(readFileSync(join(ROOT, path), 'utf8'))?.[1] ?? '';

/** Files of the pictures that are shown, once they are all there. */
const shownPictures = (visit: SiteVisit): Promise<string[]> =>
  visit.page.evaluate(async () => {
    const images = [...document.querySelectorAll('img')];
    for (const image of images) image.loading = 'eager';
    await Promise.all(images.map((image) => image.decode()));
    return images.map(({ currentSrc }) => currentSrc.slice(currentSrc.lastIndexOf('/') + 1));
  });

/** Chooses a theme in the site's own settings. */
async function chooseTheme({ page }: SiteVisit, theme: 'light' | 'dark' | 'os'): Promise<void> {
  await page.evaluate((value) => {
    const select = document.querySelector<HTMLSelectElement>('#tsd-theme');
    if (select === null) throw new Error('the site has no setting of its theme');
    select.value = value;
    select.dispatchEvent(new Event('change'));
  }, theme);
}

export const siteChecks: readonly SiteCheck[] = [
  {
    name: 'pages: the first one',
    run: async (visit) => {
      await visit.goTo();
      await shownPictures(visit);
      await visit.inspect('landing');
    },
  },
  {
    name: 'pages: a guide',
    run: async (visit) => {
      await visit.follow(heading('docs/getting-started.md'));
      await visit.inspect('guide');
    },
  },
  {
    name: 'pages: the study, with pictures in the theme that is chosen',
    run: async (visit) => {
      await visit.follow(heading('docs/study.md'));
      for (const system of ['light', 'dark'] as const) {
        await visit.page.emulateMedia({ colorScheme: system });
        for (const chosen of ['light', 'dark', 'os'] as const) {
          await chooseTheme(visit, chosen);
          const pictures = await shownPictures(visit);
          assert(pictures.length > 0, 'the study has pictures');
          const theme = chosen === 'os' ? system : chosen;
          for (const name of pictures) {
            assert(name.endsWith(`-${theme}.svg`), `${name}: ${chosen} chosen, ${system} system`);
          }
        }
      }
      await visit.inspect('study');
    },
  },
  {
    name: 'search: finds pooledHead, and leads to its page',
    run: async (visit) => {
      const { page } = visit;
      await visit.follow(heading('docs/study.md'));
      await page.getByRole('button', { name: 'Search' }).click();
      await page.getByRole('combobox').fill('pooledHead');
      await page.locator('#tsd-search-results a[href*="pooledHead.html"]').first().click();
      await page.getByRole('heading', { level: 1, name: /pooledHead/ }).waitFor();
      await visit.inspect('api');
    },
  },
  {
    name: 'demo: in the page that the header leads to, in the theme that is chosen',
    run: async (visit) => {
      const { page } = visit;
      await visit.follow(heading('docs/getting-started.md'));
      await page.locator('#tsd-toolbar-links').getByRole('link', { name: 'Try it' }).click();
      const app = page.frameLocator('iframe[title="The browser app"]');
      await app.getByText(/^Running on (WebGPU|WebGL|WebAssembly); /).waitFor();
      await visit.inspect('try-it');
      const ground = () =>
        app.locator('body').evaluate((body) => getComputedStyle(body).backgroundColor);
      await chooseTheme(visit, 'light');
      const light = await ground();
      await chooseTheme(visit, 'dark');
      assert.notEqual(await ground(), light, 'the app follows the theme');
    },
  },
  {
    name: 'demo: trains on drawings with resnet-mini and classifies new ones',
    run: async ({ browser, address }) => {
      const visit = await Visit.open({ browser, address: `${address}app/` });
      try {
        await trainOnFruit(visit);
        assert.deepEqual(visit.faults, [], 'faults of the page');
      } finally {
        await visit.close();
      }
    },
  },
];
