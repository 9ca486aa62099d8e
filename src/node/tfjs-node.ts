import util from 'node:util';
import { PackageError } from '../errors.js';
import { isMissing } from './load-package.js';

/** The packages that bring TensorFlow's own library, with the same functions and types. */
export type TfjsNodePackage = '@tensorflow/tfjs-node' | '@tensorflow/tfjs-node-gpu';

/** Of Node's `util`, gone since Node 23; tfjs-node 4.22 calls them. Mended upstream, not yet released. */
const LEGACY: Readonly<Record<string, (value: unknown) => boolean>> = {
  isArray: Array.isArray,
  isNullOrUndefined: (value) => value === null || value === undefined,
};

/**
 * Loads tfjs-node, also on Node 23 and later, where its operations fail for two functions that Node no longer
 * has; they are put back first. Loading it sets its backend, `tensorflow`, as an `import` does.
 *
 * @param name the build for CPUs, or the one for NVIDIA's GPUs
 * @returns the package, which is all of `@tensorflow/tfjs` and `node`
 * @throws PackageError where it isn't installed, and where its native library doesn't load
 */
export async function loadTfjsNode(
  name: TfjsNodePackage = '@tensorflow/tfjs-node',
): Promise<typeof import('@tensorflow/tfjs-node')> {
  const legacy = util as unknown as Record<string, unknown>;
  for (const [key, value] of Object.entries(LEGACY)) legacy[key] ??= value;
  try {
    return (await import(name)) as typeof import('@tensorflow/tfjs-node');
  } catch (error) {
    const { message } = error as Error;
    throw isMissing(error, name)
      ? new PackageError(
          `${name}: expected it to be installed, found none; run npm install ${name}`,
          {
            cause: error,
          },
        )
      : new PackageError(
          `${name}: expected its native library to load, got ${message.split('\n')[0]?.trim() ?? ''}; run npm rebuild ${name} --ignore-scripts=false, or use wasm`,
          { cause: error },
        );
  }
}
