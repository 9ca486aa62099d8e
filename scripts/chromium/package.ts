import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export interface UnpackedChromium {
  readonly executable: string;
  /**
   * Also holds SwiftShader, a Vulkan device on the CPU (`libvk_swiftshader.so` with its `vk_swiftshader_icd.json`), and Vulkan's
   * loader (`libvulkan.so.1`).
   */
  readonly folder: string;
  /** What to add to the executable's environment: its fonts, and libraries that the machine lacks. */
  readonly env: Readonly<Record<string, string>>;
}

/** The loader that the executable is linked for; Alpine and NixOS have none there. */
const LOADER = '/lib64/ld-linux-x86-64.so.2';

/** Whether this machine can run the executable of `@sparticuz/chromium`. */
export function hasPackagedChromium(): boolean {
  return process.platform === 'linux' && process.arch === 'x64' && existsSync(LOADER);
}

/**
 * Unpacks the Chromium of `@sparticuz/chromium` into the user's cache, where that hasn't been done: 1.5 s, 220 MB.
 *
 * @throws Error where that fails
 */
export async function unpackedChromium(env = process.env): Promise<UnpackedChromium> {
  const script = fileURLToPath(new URL('unpack.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script], { env });
  return JSON.parse(stdout) as UnpackedChromium;
}
