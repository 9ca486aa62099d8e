import * as tf from '@tensorflow/tfjs';
import {
  attachHead,
  type Classifier,
  createClassifier,
  type Features,
  type LabelledBatch,
  pooledHead,
} from 'resnet-heads';
import { miniResnet } from '../setup/mini-resnet';

export const CLASSES = ['a', 'b', 'c'];
export const METADATA = { classes: CLASSES, preprocessing: 'tf', inputSize: [32, 32] } as const;
export const HEAD = pooledHead({ numClasses: CLASSES.length });

/** A new one, for what changes or frees it. */
export const makeModel = (): tf.LayersModel => attachHead(miniResnet('v1', 1), HEAD, { seed: 1 });
export const makeClassifier = (): Classifier => createClassifier(makeModel(), METADATA);

export const drawImages = (count = 3): tf.Tensor4D =>
  tf.randomUniform([count, 32, 32, 3], -1, 1, 'float32', 1);

/** Batches such as users write: their images are whoever asks for them’s to dispose. */
export function* batches(...labels: readonly (readonly number[])[]): Generator<LabelledBatch> {
  for (const each of labels) yield { images: drawImages(3), labels: each };
}

/** What a base with a map of [1, 1, 64] makes of images. */
export const makeFeatures = (labels: readonly number[] = [0, 1, 2, 0, 1, 2]): Features => ({
  values: tf.randomUniform([6, 1, 1, 64], 0, 1, 'float32', 1),
  labels: Int32Array.from(labels),
  featureShape: [1, 1, 64],
});
