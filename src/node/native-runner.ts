import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { ArgumentError } from '../errors.js';
import type { BaseRunner } from '../train/extractor.js';
import { exportSavedModel } from './export-saved-model.js';
import { loadTfjsNode } from './tfjs-node.js';

/**
 * Fewer images aren't worth it: writing, loading and first running a ResNet-50 takes as long as it then saves on
 * some thirty (docs/benchmarks.md).
 */
const WORTHWHILE = 64;

/** As TensorFlow.js's backend for Node tells which of its two packages it came from. */
interface NodeBackend {
  readonly isGPUPackage?: boolean;
}

/**
 * A base that TensorFlow runs as a whole, rather than layer by layer: a SavedModel, written, loaded and removed.
 * Takes as much memory again as the base's weights do.
 *
 * @returns nothing where there are too few images, on another backend than tfjs-node's, and where the base has
 *   a layer that can't be exported
 */
export async function nativeRunner(
  base: tf.LayersModel,
  images: number,
): Promise<BaseRunner | undefined> {
  if (images < WORTHWHILE || tf.getBackend() !== 'tensorflow') return undefined;
  const { isGPUPackage } = tf.backend() as NodeBackend;
  const { node } = await loadTfjsNode(
    isGPUPackage === true ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node',
  );
  const folder = await mkdtemp(join(tmpdir(), 'resnet-heads-base-'));
  try {
    await exportSavedModel(base, folder);
    const model = await node.loadSavedModel(folder);
    return {
      run: (batch) => model.predict(batch) as tf.Tensor,
      dispose: () => {
        model.dispose();
      },
    };
  } catch (error) {
    // It runs layer by layer all the same.
    if (error instanceof ArgumentError) return undefined;
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
