/**
 * Opens the site that `npm run docs` has built, in headless Chromium and from static files in a subfolder: its pages in both
 * themes, its search, and its demo.
 *
 *     npm run test:site [-- --only TEXT] [--screenshots FOLDER]
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { findChromium, FLAGS } from '../../scripts/chromium/find';
import { ROOT } from '../../scripts/matrix/consumers';
import { siteChecks } from './checks';
import { serveFolder } from './server';
import { SiteVisit } from './site-visit';

const SITE = join(ROOT, 'docs/api');
const say = (text: string) => process.stdout.write(`${text}\n`);

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: { only: { type: 'string', default: '' }, screenshots: { type: 'string' } },
  });
  const { only, screenshots } = values;
  if (!existsSync(join(SITE, 'app/index.html'))) {
    say('docs/api: expected the site, got none; run `npm run docs` first');
    return false;
  }
  if (screenshots !== undefined) mkdirSync(screenshots, { recursive: true });
  const server = await serveFolder(SITE);
  const browser = await chromium.launch({ ...(await findChromium()), args: [...FLAGS] });
  let [passed, failed] = [0, 0];
  try {
    for (const { name, run } of siteChecks.filter((check) => check.name.includes(only))) {
      const visit = await SiteVisit.open(browser, server.address, screenshots);
      try {
        await run(visit);
        visit.assertFaultless();
        passed += 1;
        say(`✓ ${name}`);
      } catch (error) {
        failed += 1;
        say(
          `✗ ${name}\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        );
        if (visit.faults.length > 0) say(`  the page: ${visit.faults.join('\n  ')}`);
      }
      await visit.close();
    }
  } finally {
    await browser.close();
    await server.close();
  }
  say(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0;
}

process.exitCode = (await main()) ? 0 : 1;
