import type { SavedModel } from '../train/saved/read-model.js';
import type { ClassifierMetadata } from './metadata.js';

/** What was read of a classifier, from which nothing is built yet. */
export interface SavedClassifier {
  readonly metadata: ClassifierMetadata;
  readonly model: SavedModel;
}
