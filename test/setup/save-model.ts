import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { modelFiles } from '../../src/train/saved/write-model';

/** Writes a model to a folder as any TensorFlow.js loads it. The model stays the caller's. */
export async function saveModel(model: tf.LayersModel, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of Object.entries(await modelFiles(model))) {
    writeFileSync(join(folder, name), bytes);
  }
}
