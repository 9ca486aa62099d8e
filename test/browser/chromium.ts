import { type BrowserContext, chromium } from 'playwright-core';
import { findChromium, FLAGS } from '../../scripts/chromium/find';

/** SwiftShader reckons on the CPU what a graphics card would; `--disable-gpu` would switch it off, too. */
const GRAPHICS: Readonly<Record<string, readonly string[]>> = {
  webgl: ['--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
  webgpu: [
    '--enable-unsafe-webgpu',
    '--use-webgpu-adapter=swiftshader',
    '--enable-features=Vulkan',
  ],
};

/** Starts Chromium with what a backend needs, and a profile of its own in `folder`. */
export async function startChromium(folder: string, backend: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(folder, {
    ...(await findChromium()),
    args: [...FLAGS, ...(GRAPHICS[backend] ?? [])],
    serviceWorkers: 'block',
  });
}
