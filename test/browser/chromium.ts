import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** So that nothing is asked for that the page doesn't ask for. */
const QUIET = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-quic',
  '--disable-sync',
  '--no-first-run',
];

/** SwiftShader reckons on the CPU what a graphics card would; `--disable-gpu` would switch it off, too. */
const GRAPHICS: Readonly<Record<string, readonly string[]>> = {
  webgl: ['--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
  webgpu: [
    '--enable-unsafe-webgpu',
    '--use-webgpu-adapter=swiftshader',
    '--enable-features=Vulkan',
  ],
};

function find(): string {
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

/** Starts Chromium with what a backend needs, and a profile of its own in `folder`. */
export function startChromium(folder: string, backend: string): Promise<BrowserContext> {
  // The superuser, as whom containers run, can't have a sandbox.
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launchPersistentContext(folder, {
    executablePath: find(),
    args: [...QUIET, ...sandbox, ...(GRAPHICS[backend] ?? [])],
    serviceWorkers: 'block',
  });
}
