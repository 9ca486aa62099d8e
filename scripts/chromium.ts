import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Page } from 'playwright-core';

/** What Chromium is called by Debian, Ubuntu and Google. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** So that nothing is asked for that the page doesn't ask for; and the superuser, as whom containers run, has no sandbox. */
export const FLAGS: readonly string[] = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-quic',
  '--disable-sync',
  '--no-first-run',
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];

/** @throws Error where there is none */
export function findChromium(): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const places = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  for (const place of [process.env['CHROMIUM'], ...places]) {
    try {
      if (place === undefined) continue;
      accessSync(place, constants.X_OK);
      return place;
    } catch {
      // Not here.
    }
  }
  throw new Error(
    `Chromium: expected one of ${NAMES.join(', ')} on the PATH, found none; install it (Debian: apt-get install chromium), or name it in CHROMIUM`,
  );
}

/** Lets a page have what its own server has; whatever else it asks for, and its errors, are faults. */
export async function watch(page: Page, address: string): Promise<string[]> {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  await page.context().route('**', (route) => {
    const url = route.request().url();
    if (/^(data|blob):/.test(url) || url.startsWith(address)) return route.continue();
    faults.push(`it asked for ${url}`);
    return route.abort();
  });
  return faults;
}
