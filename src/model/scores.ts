import * as tf from '@tensorflow/tfjs';
import { ArgumentError } from '../errors.js';
import { readAndDispose } from './dispose.js';
import { inputsOf } from './graph.js';

/** A classifier's last activation, which says what its outputs are. */
export type ScoreKind = 'softmax' | 'sigmoid' | 'linear';

const KINDS: readonly ScoreKind[] = ['softmax', 'sigmoid', 'linear'];

/** A layer's activation, which TensorFlow.js's types leave out. */
export interface Activated {
  activation: { getClassName(): string };
}

export const hasActivation = (layer: object): layer is Activated =>
  typeof (layer as Partial<Activated>).activation?.getClassName === 'function';

/** Layers that don't change an image's scores in inference. */
const PASSES_ON = new Set(['Reshape', 'Flatten', 'Dropout']);

const activationOf = (layer: tf.layers.Layer): string | undefined => {
  if (layer.getClassName() === 'Softmax') return 'softmax';
  return hasActivation(layer) ? layer.activation.getClassName() : undefined;
};

/** Layers whose activation has been removed for training. */
const inTraining = new WeakSet();

/** The activation object of a linear layer. */
export const linear = () => (tf.layers.dense({ units: 1 }) as unknown as Activated).activation;

/** Runs `work` while a layer has no activation; until it has ended, {@link requireScoring} refuses the layer's models. */
export async function withoutActivation<T>(
  layer: tf.layers.Layer & Activated,
  work: () => Promise<T>,
): Promise<T> {
  const { activation } = layer;
  layer.activation = linear();
  inTraining.add(layer);
  try {
    return await work();
  } finally {
    layer.activation = activation;
    inTraining.delete(layer);
  }
}

/** The layer that decides what `output` is: the last one that changes it. */
function decidingLayer(output: tf.SymbolicTensor): tf.layers.Layer {
  const layer = output.sourceLayer;
  if (layer instanceof tf.LayersModel) {
    const [inner] = layer.outputs;
    return inner === undefined ? layer : decidingLayer(inner);
  }
  const type = layer.getClassName();
  if (inTraining.has(layer)) return layer;
  const passes = PASSES_ON.has(type) || (type === 'Activation' && activationOf(layer) === 'linear');
  const [input] = inputsOf(output);
  // A flattened map no longer has its classes on the last axis.
  if (!passes || input === undefined || input.shape.at(-1) !== output.shape.at(-1)) return layer;
  return decidingLayer(input);
}

/** How a model's outputs become probabilities, and the layer that decides this. */
export interface Scoring {
  readonly kind: ScoreKind;
  readonly layer: tf.layers.Layer;
}

/**
 * Determines what a classifier's outputs are by its last activation.
 *
 * @throws ArgumentError if they can't be read as probabilities or logits of classes, or the model is being trained
 */
export function requireScoring(subject: string, model: tf.LayersModel): Scoring {
  const [output, ...others] = model.outputs;
  if (output === undefined || others.length > 0) {
    throw new ArgumentError(`${subject}: expected one output, got ${model.outputs.length}`);
  }
  const layer = decidingLayer(output);
  if (inTraining.has(layer)) {
    throw new ArgumentError(
      `${subject}: expected one that is not being trained, got one whose layer "${layer.name}" another fitHead() or fineTune() trains; wait until that has ended`,
    );
  }
  const activation = activationOf(layer);
  const kind = KINDS.find((each) => each === activation);
  const expected = `${subject}: expected softmax, sigmoid or linear as the last activation`;
  if (kind === undefined) {
    throw new ArgumentError(
      `${expected}, got ${activation ?? 'none'} at layer "${layer.name}"; end the model with tf.layers.dense or tf.layers.activation and one of these`,
    );
  }
  if (kind === 'softmax' && output.shape.at(-1) === 1) {
    throw new ArgumentError(
      `${expected}, got softmax of a single score, which is always 1; use sigmoid`,
    );
  }
  return { kind, layer };
}

/** The kind that {@link requireScoring} determines. */
export const scoreKindOf = (subject: string, model: tf.LayersModel): ScoreKind =>
  requireScoring(subject, model).kind;

const activate = (logits: tf.Tensor, kind: ScoreKind): tf.Tensor =>
  kind === 'sigmoid' || logits.shape.at(-1) === 1 ? logits.sigmoid() : logits.softmax();

/** Averages the positions of a map; a single probability is that of the second of two classes. */
function perImage(probabilities: tf.Tensor): tf.Tensor2D {
  const { shape } = probabilities;
  const mean = probabilities.reshape([shape[0], -1, shape.at(-1) ?? 1]).mean<tf.Tensor2D>(1);
  return mean.shape[1] === 1 ? tf.concat([tf.sub<tf.Tensor2D>(1, mean), mean], 1) : mean;
}

/**
 * Converts a classifier's outputs to class probabilities per image. All code that names or counts classes uses this function.
 * Logits go through a softmax, or a sigmoid if there is only one; the positions of a map are averaged.
 *
 * @param outputs `[n, classes]` or `[n, h, w, classes]`
 * @param kind of the model's scores, by {@link scoreKindOf}
 * @returns `[n, classes]` with two or more classes, which the caller disposes
 */
export function imageProbabilities(outputs: tf.Tensor, kind: ScoreKind): tf.Tensor2D {
  return tf.tidy(() => perImage(kind === 'linear' ? activate(outputs, kind) : outputs));
}

/** As {@link imageProbabilities}, but from logits, whatever activation the model has. */
export function probabilitiesOfLogits(logits: tf.Tensor, kind: ScoreKind): tf.Tensor2D {
  return tf.tidy(() => perImage(activate(logits, kind)));
}

/** The number of classes of a model; a single score stands for two. */
export const countClasses = (model: tf.LayersModel): number =>
  Math.max(2, model.outputs[0]?.shape.at(-1) ?? 0);

/**
 * Reads and disposes the result of {@link imageProbabilities}. Sorting can't order NaN, and {@link likeliest} would take it for
 * the first class.
 *
 * @returns the scores of one image after another
 * @throws ArgumentError if one isn't finite
 */
export async function readScores(scores: tf.Tensor): Promise<Float32Array> {
  const values = Float32Array.from(await readAndDispose(scores));
  const wrong = values.find((value) => !Number.isFinite(value));
  if (wrong === undefined) return values;
  throw new ArgumentError(
    `scores: expected finite numbers, got ${wrong}; the picture or the model's weights contain NaN, infinity or numbers that are too large`,
  );
}

/** The most likely class of each image, from the scores that {@link readScores} returns. */
export function likeliest(scores: Float32Array, classes: number): number[] {
  return Array.from({ length: scores.length / classes }, (_, i) => {
    const own = scores.subarray(i * classes, (i + 1) * classes);
    return own.indexOf(own.reduce((most, score) => Math.max(most, score)));
  });
}
