import * as tf from '@tensorflow/tfjs';
import { reject, requireLabels, requireMapShape, requirePositiveInteger, show } from '../errors.js';
import type { Shape } from '../layers/factory.js';
import { orAborted } from '../until.js';
import { type Features, isStored, type StoredFeatures } from './features.js';
import type { Labels } from './labels.js';
import { type PartedHead, reducerOf } from './part-head.js';

/** The inputs of a head's trainable part, with the labels of each image. */
export interface Examples extends Labels {
  /** Shape of the input of one image. */
  readonly shape: Shape;
  /** All inputs, if they are in memory. */
  readonly values: tf.Tensor | undefined;
  /** Copies the inputs of some images, by index and in this order. The caller disposes the copy. */
  take(images: Int32Array): Promise<tf.Tensor>;
  dispose(): void;
}

/** Examples in memory. `own` says whether `dispose` disposes the tensor. */
export function inMemory(
  values: tf.Tensor,
  labels: Int32Array,
  own = false,
  { labelSets, views }: Omit<Labels, 'labels'> = {},
): Examples {
  return {
    ...{ labels, labelSets, views, values, shape: values.shape.slice(1) },
    // `tf.gather`, because on wasm `tf.slice` copies all values for each call.
    take: (images) =>
      Promise.resolve(tf.tidy(() => tf.gather(values, tf.tensor1d(images, 'int32')))),
    dispose: () => {
      if (own) values.dispose();
    },
  };
}

interface ExampleOptions {
  readonly classes: number;
  readonly batchSize: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The labels of features: classes or, if images can have several, label sets.
 *
 * @throws ArgumentError unless the images are so many views of pictures, each with one label
 */
function labelsOf(
  subject: string,
  { labels, labelSets, views = 1 }: Features | StoredFeatures,
): Labels {
  requirePositiveInteger(`${subject}.views`, views);
  const isWhole = labels.length % views === 0;
  if (!isWhole || labels.some((label, image) => label !== labels[image - (image % views)])) {
    const got = `${views} with ${labels.length} images${isWhole ? ' of other labels' : ''}`;
    reject(`${subject}.views`, 'the number of consecutive images of one picture', got);
  }
  return { labels: Int32Array.from(labels), labelSets, views };
}

/** Checks that a value, which may come from JavaScript, has the form of features. */
export function requireFeaturesOf(subject: string, value: unknown): void {
  if (typeof value === 'object' && value !== null && 'labels' in value) return;
  const remedy =
    subject === 'validation' && typeof value === 'number'
      ? 'extract those of the validation pictures, as only trainClassifier() takes a fraction'
      : undefined;
  reject(subject, 'features, as extractFeatures() or openFeatures() return them', value, remedy);
}

/** Checks features in memory. */
function requireFeatures(subject: string, value: unknown, classes: number): void {
  const { values, labels } = value as Partial<Record<keyof Features, unknown>>;
  if (!(values instanceof tf.Tensor)) reject(`${subject}.values`, 'a tensor', values);
  const { shape } = values as tf.Tensor;
  const [images = 0] = shape;
  if (images === 0) reject(`${subject}.values`, 'features of at least one image', shape);
  requireLabels(`${subject}.labels`, labels, { images, classes });
}

function requireStored(
  subject: string,
  { labels, shape, featureShape }: StoredFeatures,
  classes: number,
): void {
  requireLabels(`${subject}.labels`, labels, { classes });
  if (labels.length === 0) reject(`${subject}.labels`, 'at least one', labels);
  requireMapShape(`${subject}.featureShape`, featureShape);
  const sizes: unknown = shape;
  if (Array.isArray(sizes) && sizes.every((size) => Number.isSafeInteger(size) && size > 0)) return;
  reject(`${subject}.shape`, 'the shape of the features of one image', sizes);
}

/**
 * Converts features to the inputs of a head's trainable part.
 *
 * @param batchSize how many maps are pooled at a time
 * @param signal ends a read that doesn't settle
 * @throws ArgumentError if they don't fit the head
 */
export function examplesOf(
  subject: string,
  features: Features | StoredFeatures,
  parts: PartedHead,
  { classes, batchSize, signal }: ExampleOptions,
): Examples {
  // Of features in hand, there are no names.
  const { classes: named } = features as { readonly classes?: unknown };
  if (Array.isArray(named) && named.length !== classes) {
    reject(`${subject}.classes`, `${classes} names, as many as the head has classes`, named);
  }
  // JavaScript callers can pass anything; the number of different labels.
  const known = (features as Features | undefined)?.labelSets?.length ?? classes;
  if (!isStored(features)) {
    requireFeatures(subject, features, known);
    const { values } = features;
    const reduce = reducerOf(`${subject}.values`, parts, values.shape.slice(1));
    const { labels, ...others } = labelsOf(subject, features);
    return inMemory(reduce?.(values, batchSize) ?? values, labels, reduce !== undefined, others);
  }
  requireStored(subject, features, known);
  const { shape } = features;
  const reduce = reducerOf(`${subject}.shape`, parts, shape);
  const [input] = parts.learning.inputs;
  return {
    ...labelsOf(subject, features),
    shape: (input?.shape.slice(1) ?? []) as number[],
    values: undefined,
    async take(images) {
      const pending = Promise.resolve(features.read(images));
      const read = await (signal ? orAborted(pending, signal, tf.dispose) : pending);
      const expected = [images.length, ...shape];
      const isTensor = (read as unknown) instanceof tf.Tensor;
      if (!isTensor || read.shape.join() !== expected.join()) {
        if (isTensor) read.dispose();
        const got: unknown = isTensor ? read.shape : read;
        reject(`${subject}.read`, `a tensor ${show(expected)}`, got);
      }
      if (reduce === undefined) return read;
      try {
        return reduce(read, batchSize);
      } finally {
        read.dispose();
      }
    },
    dispose: () => undefined,
  };
}
