import * as tf from '@tensorflow/tfjs';
import { attachHead, type Classifier, loadClassifier, pooledHead } from 'resnet-heads';
import { drawImage, drawWeights } from '../../setup/draw';
import type { Surroundings } from './case';

/** The base of test/goldens/weights: one block a stage, two filters wide. */
export async function miniBase(
  { topologies }: Surroundings,
  variant: 'v1' | 'v1.5' = 'v1',
): Promise<tf.LayersModel> {
  // No weights: an empty manifest would be held against the model.
  const json = { modelTopology: topologies[variant] } as Partial<tf.io.ModelJSON>;
  return tf.models.modelFromJSON(json as tf.io.ModelJSON);
}

/** {@link miniBase} with a pooled head of ten classes. */
export async function miniClassifier(
  surroundings: Surroundings,
  variant?: 'v1' | 'v1.5',
): Promise<tf.LayersModel> {
  const base = await miniBase(surroundings, variant);
  return attachHead(base, pooledHead({ numClasses: 10 }), { weights: 'pending' });
}

/** Four images of that network's input, and a class for each. */
export function fourImages(): { readonly images: tf.Tensor4D; readonly labels: Int32Array } {
  const images = tf.tidy(() => {
    const image = drawImage([32, 32, 3]);
    return tf.concat4d([image, image.neg(), image.square(), image.abs()], 0);
  });
  return { images, labels: Int32Array.of(0, 1, 2, 3) };
}

/** Pixels from 0 to 255 that preprocessing 'tf' makes these images of. */
export const toPixels = (images: tf.Tensor4D): tf.Tensor4D =>
  tf.tidy(() => images.add(1).mul<tf.Tensor4D>(127.5));

/** {@link fourImages} as a user has them. */
export function fourPictures(labels: readonly number[] = [0, 1, 2, 3]) {
  const { images } = fourImages();
  const pixels = toPixels(images);
  images.dispose();
  return { images: pixels, labels };
}

/** A classifier of pixels from 0 to 255, which become −1 to 1. The model is its to dispose. */
export async function classifierOf(model: tf.LayersModel): Promise<Classifier> {
  const scores = model.outputs[0]!.shape.at(-1)!;
  const classes = Array.from({ length: scores }, (_, i) => `class ${i}`);
  return loadClassifier(model, { classes, preprocessing: 'tf' });
}

/** Every number of a model by weight, in the order of its layers. */
export async function numbersOf(model: tf.LayersModel): Promise<Map<string, Float32Array>> {
  const numbers = new Map<string, Float32Array>();
  for (const layer of model.layers) {
    for (const weight of layer.weights) {
      const name = `${layer.name}/${weight.originalName.split('/').at(-1) ?? ''}`;
      numbers.set(name, Float32Array.from(await weight.read().data()));
    }
  }
  return numbers;
}

/** Names of weights whose bits are not the same in both. */
export const changed = (
  before: ReadonlyMap<string, Float32Array>,
  after: ReadonlyMap<string, Float32Array>,
): string[] =>
  [...before]
    .filter(([name, values]) => bits(values) !== bits(after.get(name)))
    .map(([name]) => name);

const bits = (values: Float32Array | undefined) =>
  values && new Uint32Array(values.buffer, values.byteOffset, values.length).join();

/** What a model answers to one batch, read back without blocking, as browsers' GPUs need it. */
export async function answer(model: tf.LayersModel, images: tf.Tensor): Promise<Float32Array> {
  const output = model.predict(images) as tf.Tensor;
  const values = await output.data<'float32'>();
  output.dispose();
  return values;
}

/** {@link answer} to the golden image of this shape. */
export async function answerToDrawn(
  model: tf.LayersModel,
  shape: readonly number[],
): Promise<Float32Array> {
  const image = drawImage(shape);
  try {
    return await answer(model, image);
  } finally {
    image.dispose();
  }
}

/** Builds, draws the golden weights, hands the model to `use`, and disposes it. */
export async function withDrawn<T>(
  model: tf.LayersModel,
  use: (model: tf.LayersModel) => Promise<T>,
): Promise<T> {
  try {
    drawWeights(model);
    return await use(model);
  } finally {
    model.dispose();
  }
}
