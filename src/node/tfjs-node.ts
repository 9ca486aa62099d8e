import util from 'node:util';
import type { TfjsNodePackage } from '../backend-types.js';
import { PackageError } from '../errors.js';
import { isMissing } from './load-package.js';

/** Functions that Node 23 removed from `util` and tfjs-node 4.22 calls. Fixed upstream, but not released. */
const LEGACY: Readonly<Record<string, (value: unknown) => boolean>> = {
  isArray: Array.isArray,
  isNullOrUndefined: (value) => value === null || value === undefined,
};

/** Implements the package's `loadTfjsNode`. */
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
          `${name}: expected it to be installed, got none; run npm install ${name}`,
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
