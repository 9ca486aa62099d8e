import { delimiter, join } from 'node:path';
import { hasPackagedChromium, unpackedChromium } from '../../scripts/chromium/package';

/**
 * The environment in which WebGPU finds SwiftShader, a Vulkan device on the CPU that Chromium's package brings; nothing where there
 * is no such package, or the caller has named a driver.
 */
export async function softwareVulkan(): Promise<Readonly<Record<string, string>>> {
  if ('VK_DRIVER_FILES' in process.env || !hasPackagedChromium()) return {};
  const { folder } = await unpackedChromium();
  const driver = join(folder, 'vk_swiftshader_icd.json');
  const path = [folder, process.env['LD_LIBRARY_PATH']].filter(Boolean).join(delimiter);
  // The older name is for loaders before 1.3.207.
  return { VK_DRIVER_FILES: driver, VK_ICD_FILENAMES: driver, LD_LIBRARY_PATH: path };
}
