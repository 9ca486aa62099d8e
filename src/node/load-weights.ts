import type * as tf from '@tensorflow/tfjs';
import { type LoadReport, loadWeightsIn } from '../weights/load.js';
import type { LoadOptions, WeightSource } from '../weights/source.js';
import { diskCache } from './disk-cache.js';
import { mirrorOfUser } from './mirror.js';
import { readWeightFile } from './read-file.js';

export interface NodeLoadOptions extends LoadOptions {
  /** Where downloads are kept. @default `resnet-heads/weights` in `$XDG_CACHE_HOME`, or in `~/.cache` */
  readonly cacheFolder?: string;
}

/**
 * `loadWeights` of `resnet-heads` with what Node adds: files by their path, downloads kept on disk and
 * shared by processes, and weights by name from the host that `$RESNET_HEADS_MIRROR` names.
 *
 * @throws WeightsError where the file is damaged, or doesn't have every weight of the scope
 * @throws ArgumentError on a wrong argument
 */
export async function loadWeights(
  model: tf.LayersModel,
  source: WeightSource,
  options: NodeLoadOptions = {},
): Promise<LoadReport> {
  const { cacheFolder: folder } = (options as NodeLoadOptions | null) ?? {};
  const mirror = mirrorOfUser();
  const surroundings = {
    cache: diskCache(folder === undefined ? {} : { folder }),
    readFile: readWeightFile,
    ...(mirror && { mirror }),
  };
  return loadWeightsIn(surroundings, model, source, options);
}
