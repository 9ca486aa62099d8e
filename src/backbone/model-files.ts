import type * as tf from '@tensorflow/tfjs';
import { refuseOptions } from '../errors.js';
import { nodeOnly } from '../node-only.js';
import type { Integrity } from '../weights/download/integrity.js';
import type { LoadOptions } from '../weights/source.js';

/** Reads models from disk (Node only). */
export const modelFilesOfNode = nodeOnly<{
  /** Loads a layers model by the path of its folder or of a file. */
  load(path: string | URL, integrity?: Integrity): Promise<tf.LayersModel>;
  /** Reads a file. */
  read(path: string | URL): Promise<Uint8Array>;
}>();

/** Options for loading a whole model. */
export type ModelOptions = Omit<LoadOptions, 'scope'>;

/** Rejects options that don't apply to models of several files. */
export function refuseFileOptions(
  { integrity, mirror, cache, cacheFolder }: ModelOptions,
  what: string,
): void {
  refuseOptions({ integrity }, `for ${what}, as its files have no single hash`);
  refuseOptions({ mirror, cache, cacheFolder }, `for ${what}, which is not cached`);
}
