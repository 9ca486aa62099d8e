import type { SavedModel } from '../train/saved/read-model.js';
import type { Familiarity } from './familiarity/familiarity.js';
import type { ClassifierMetadata } from './metadata.js';

/** The content of a saved classifier's files, before the model is built. */
export interface SavedClassifier {
  readonly metadata: ClassifierMetadata;
  readonly model: SavedModel;
  readonly familiarity: Familiarity | undefined;
  /** The backbone, if it is an ONNX file. The model is then the head. */
  readonly onnx: Uint8Array | undefined;
}
