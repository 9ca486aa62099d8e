import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { LaunchOptions, Page } from 'playwright-core';
import { hasPackagedChromium, unpackedChromium } from './package.js';

/** What Chromium is called by Debian, Ubuntu and Google. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Keep Chromium from asking for anything that the page doesn't ask for. */
export const FLAGS: readonly string[] = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-quic',
  '--disable-sync',
  '--no-first-run',
];

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * The Chromium to launch: the one that the variable CHROMIUM names; else on linux-x64 the one that `npm ci` brings; else one on
 * the PATH.
 *
 * @throws Error where there is none, and where CHROMIUM names none
 */
export async function findChromium(
  env = process.env,
): Promise<Pick<LaunchOptions, 'executablePath' | 'env'>> {
  const { CHROMIUM: named = '', PATH = '' } = env;
  if (named !== '') {
    if (isExecutable(named)) return { executablePath: named };
    throw new Error(
      `CHROMIUM: expected the path of an executable file, got ${named}; correct it, or unset it`,
    );
  }
  if (hasPackagedChromium()) {
    const { executable, env: added } = await unpackedChromium(env);
    return { executablePath: executable, env: { ...env, ...added } };
  }
  const places = PATH.split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)));
  const found = places.find(isExecutable);
  if (found !== undefined) return { executablePath: found };
  throw new Error(
    `Chromium: expected one of ${NAMES.join(', ')} on the PATH, found none; install it, or name its executable in CHROMIUM`,
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
