import * as tf from '@tensorflow/tfjs';
import { extractFeatures, type Features } from 'resnet-heads';
import { splitByClass } from '../../src/pictures/split.js';
import type { Draw } from './draws.js';
import type { Task } from './tasks/task.js';
import { type Variant, varied } from './variants.js';

/** The maps of all pictures of a task, in one array for each change of the pictures. */
export interface TaskFeatures {
  /** `[h, w, c]` */
  readonly featureShape: readonly number[];
  readonly values: ReadonlyMap<Variant, Float32Array>;
}

const BATCH_SIZE = 32;
/** The share of each class that training holds out, as `trainClassifier` does. */
const VALIDATION = 0.2;

/** Computes the maps of pictures. */
async function mapsOf({ pictures, labels, classes, backbone }: Task, variant: Variant) {
  const [height, width] = backbone.inputSize;
  const batches = function* () {
    for (let from = 0; from < pictures.length; from += BATCH_SIZE) {
      const some = pictures.slice(from, from + BATCH_SIZE);
      const images = tf.tidy(() => {
        const pixels = some.map((each) => tf.tensor3d(each, [height, width, 3], 'int32'));
        return varied(tf.stack(pixels).toFloat() as tf.Tensor4D, variant);
      });
      yield { images, labels: [...labels.subarray(from, from + some.length)] };
    }
  };
  return extractFeatures(backbone, batches, { classes });
}

/** Runs the backbone over all pictures, once for each change, so that no head has to. */
export async function featuresOf(
  task: Task,
  variants: readonly Variant[],
  onDone: (variant: Variant) => void,
): Promise<TaskFeatures> {
  const values = new Map<Variant, Float32Array>();
  let featureShape: readonly number[] = [];
  for (const variant of variants) {
    const found = await mapsOf(task, variant);
    ({ featureShape } = found);
    values.set(variant, (await found.values.data()) as Float32Array);
    found.values.dispose();
    onDone(variant);
  }
  return { featureShape, values };
}

/** The features of some pictures, with the labels that are given; the tensor is the caller's to dispose. */
export function select(
  { featureShape, values }: TaskFeatures,
  variant: Variant,
  pictures: Int32Array,
  labels: Int32Array,
): Features {
  const all = values.get(variant);
  if (all === undefined) throw new Error(`variant: expected one of the task's, got "${variant}"`);
  const size = featureShape.reduce((product, each) => product * each, 1);
  const own = new Float32Array(pictures.length * size);
  pictures.forEach((picture, i) => {
    own.set(all.subarray(picture * size, (picture + 1) * size), i * size);
  });
  return { values: tf.tensor(own, [pictures.length, ...featureShape]), labels, featureShape };
}

/** The features that are trained on and those that are validated on; the tensors are the caller's to dispose. */
export function trainingFeatures(
  features: TaskFeatures,
  { train, trainLabels }: Draw,
  seed: number,
): readonly [training: Features, validation: Features] {
  const labelled = Array.from(train, (picture, i) => ({ picture, label: trainLabels[i] ?? 0 }));
  const split = splitByClass(labelled, { validation: VALIDATION, seed });
  const of = (some: typeof split.train) =>
    select(
      ...([features, 'plain'] as const),
      Int32Array.from(some, ({ picture }) => picture),
      Int32Array.from(some, ({ label }) => label),
    );
  return [of(split.train), of(split.validation)];
}
