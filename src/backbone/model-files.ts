import type * as tf from '@tensorflow/tfjs';
import { nodeOnly } from '../node-only.js';

/** Layers models by the path of their folder or of a file of it. */
export const modelFilesOfNode = nodeOnly<{
  load(path: string | URL): Promise<tf.LayersModel>;
}>();
