import type { Backbone } from '../backbone/backbone.js';
import { refuseOptions, reject } from '../errors.js';
import type { FeatureFiles } from '../pictures/feature-files.js';
import { areFeatures } from '../pictures/opened-features.js';
import type { Pictures } from '../pictures/types.js';
import { readForTraining } from './read-for-training.js';
import type { Lesson } from './train.js';
import type { TrainOptions } from './train-options.js';

/** @throws ArgumentError if an option is for pictures, of which there are only features */
function refusePictureOptions(options: TrainOptions): void {
  const { from, classes, exclude, views, cacheFolder, strict = false } = options;
  refuseOptions({ classes, views }, 'with features, which have their own');
  refuseOptions({ from, exclude, cacheFolder }, 'with features');
  if (strict) reject('strict', 'none with features', strict);
}

/** Reads what a classifier is to be trained on. */
export async function readLesson(
  backbone: Backbone,
  pictures: Pictures | FeatureFiles,
  options: TrainOptions,
): Promise<Lesson> {
  const { from } = options;
  if (areFeatures(pictures)) refusePictureOptions(options);
  else if (from !== undefined) {
    const { growOn } = await import('./grow.js');
    return growOn(backbone, pictures, { ...options, from });
  }
  return { backbone, set: await readForTraining(pictures, options) };
}
