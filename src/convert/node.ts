import type * as tf from '@tensorflow/tfjs';
import { nodeOnly } from '../node-only.js';
import type { SavedModelOptions } from '../export/savedmodel/options.js';

/** Writes exports to disk. */
export const exportFiles = nodeOnly<{
  writeOnnx(file: string | URL, bytes: () => Promise<Uint8Array>): Promise<void>;
  writeSavedModel(
    model: tf.LayersModel,
    folder: string | URL,
    options: SavedModelOptions,
  ): Promise<void>;
}>();
