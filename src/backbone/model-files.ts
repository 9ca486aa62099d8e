import type * as tf from '@tensorflow/tfjs';
import { refuseOptions } from '../errors.js';
import { nodeOnly } from '../node-only.js';
import type { Integrity } from '../weights/download/integrity.js';
import type { LoadOptions } from '../weights/source.js';

/** Layers models by the path of their folder or of a file of it. */
export const modelFilesOfNode = nodeOnly<{
  load(path: string | URL, integrity?: Integrity): Promise<tf.LayersModel>;
}>();

/** How a whole model is fetched. */
export type ModelOptions = Omit<LoadOptions, 'scope'>;

/** Refuses what decides nothing for a model of several files. */
export function refuseFileOptions(
  { integrity, mirror, cache, cacheFolder }: ModelOptions,
  what: string,
): void {
  refuseOptions({ integrity }, `for ${what}: its files have no one hash`);
  refuseOptions({ mirror, cache, cacheFolder }, `for ${what}, which is not kept`);
}
