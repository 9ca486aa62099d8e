import * as tf from '@tensorflow/tfjs';
import { ArgumentError } from '../errors.js';
import { readAndDispose } from './dispose.js';
import { inputsOf } from './graph.js';

/** The activation that a classifier ends in: what its outputs are. */
export type ScoreKind = 'softmax' | 'sigmoid' | 'linear';

const KINDS: readonly ScoreKind[] = ['softmax', 'sigmoid', 'linear'];

/** The part of a layer with an activation that TensorFlow.js's types leave out. */
export interface Activated {
  activation: { getClassName(): string };
}

export const hasActivation = (layer: object): layer is Activated =>
  typeof (layer as Partial<Activated>).activation?.getClassName === 'function';

/** Layers that leave an image's scores as they are when it is classified. */
const PASSES_ON = new Set(['Reshape', 'Flatten', 'Dropout']);

const activationOf = (layer: tf.layers.Layer): string | undefined => {
  if (layer.getClassName() === 'Softmax') return 'softmax';
  return hasActivation(layer) ? layer.activation.getClassName() : undefined;
};

/** The layer that decides what `output` is: the last one that does more than pass its input on. */
function decidingLayer(output: tf.SymbolicTensor): tf.layers.Layer {
  const layer = output.sourceLayer;
  if (layer instanceof tf.LayersModel) {
    const [inner] = layer.outputs;
    return inner === undefined ? layer : decidingLayer(inner);
  }
  const type = layer.getClassName();
  const passes = PASSES_ON.has(type) || (type === 'Activation' && activationOf(layer) === 'linear');
  const [input] = inputsOf(output);
  // A map that is flattened no longer has its classes on the last axis.
  if (!passes || input === undefined || input.shape.at(-1) !== output.shape.at(-1)) return layer;
  return decidingLayer(input);
}

/** How a model's outputs become probabilities, and the layer that says so. */
export interface Scoring {
  readonly kind: ScoreKind;
  readonly layer: tf.layers.Layer;
}

/**
 * Finds out what a classifier's outputs are, by its last activation.
 *
 * @throws ArgumentError where they can't be read as probabilities or logits of classes
 */
export function requireScoring(subject: string, model: tf.LayersModel): Scoring {
  const [output, ...others] = model.outputs;
  if (output === undefined || others.length > 0) {
    throw new ArgumentError(`${subject}: expected one output, got ${model.outputs.length}`);
  }
  const layer = decidingLayer(output);
  const activation = activationOf(layer);
  const kind = KINDS.find((each) => each === activation);
  const expected = `${subject}: expected softmax, sigmoid or linear as the last activation`;
  if (kind === undefined) {
    throw new ArgumentError(
      `${expected}, got ${activation ?? 'none'} of layer "${layer.name}"; end the model with tf.layers.dense or tf.layers.activation and one of them`,
    );
  }
  if (kind === 'softmax' && output.shape.at(-1) === 1) {
    throw new ArgumentError(
      `${expected}, got softmax of a single score, which is always 1; use sigmoid`,
    );
  }
  return { kind, layer };
}

/** {@link requireScoring}, where only the kind is of interest. */
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
 * The probabilities of each image's classes, from a classifier's outputs. Whatever names or counts classes uses
 * this one function. Logits go through the softmax first, a single one through the sigmoid. Positions of a map
 * are averaged.
 *
 * @param outputs `[n, classes]` or `[n, h, w, classes]`
 * @param kind of the model that gave them, by {@link scoreKindOf}
 * @returns `[n, classes]`, of two classes or more; yours to dispose
 */
export function imageProbabilities(outputs: tf.Tensor, kind: ScoreKind): tf.Tensor2D {
  return tf.tidy(() => perImage(kind === 'linear' ? activate(outputs, kind) : outputs));
}

/** As {@link imageProbabilities}, from logits, whatever activation the model has. */
export function probabilitiesOfLogits(logits: tf.Tensor, kind: ScoreKind): tf.Tensor2D {
  return tf.tidy(() => perImage(activate(logits, kind)));
}

/** The number of classes that a model tells apart: a single score tells two. */
export const countClasses = (model: tf.LayersModel): number =>
  Math.max(2, model.outputs[0]?.shape.at(-1) ?? 0);

/**
 * Reads what {@link imageProbabilities} gives, and disposes it. NaN compares as nothing, so that it would sort anywhere and be taken for
 * the first class.
 *
 * @returns the scores of one image after the other
 * @throws ArgumentError where one isn't finite
 */
export async function readScores(scores: tf.Tensor): Promise<Float32Array> {
  const values = Float32Array.from(await readAndDispose(scores));
  const wrong = values.find((value) => !Number.isFinite(value));
  if (wrong === undefined) return values;
  throw new ArgumentError(
    `scores: expected finite numbers, got ${wrong}; the picture or the model's weights hold NaN, infinity or numbers that are too large`,
  );
}

/** The likeliest class of each image, of scores that {@link readScores} gives. */
export function likeliest(scores: Float32Array, classes: number): number[] {
  return Array.from({ length: scores.length / classes }, (_, i) => {
    const own = scores.subarray(i * classes, (i + 1) * classes);
    return own.indexOf(own.reduce((most, score) => Math.max(most, score)));
  });
}
