import * as tf from '@tensorflow/tfjs';
import { ArgumentError, reject, show } from '../errors.js';
import { inputsOf } from '../model/graph.js';
import { replay } from '../model/replay.js';
import { ancestors } from '../model/seam.js';

/** Layers whose output differs on each call in training: what follows them can't be computed once. */
const isRandom = (type: string): boolean => /Dropout|Noise|^Random/.test(type);

/** Number of values in a tensor per image. */
const sizeOf = (tensor: tf.SymbolicTensor): number =>
  tensor.shape.slice(1).reduce<number>((product, size) => product * (size ?? NaN), 1);

/**
 * The end of a head's fixed part: the smallest tensor that all later layers depend on and that depends on no weights and no random
 * layer; undefined if there is none.
 *
 * @param input the features
 * @param outputs those of the head's layers, in order
 */
export function fixedEnd(
  input: tf.SymbolicTensor,
  outputs: readonly tf.SymbolicTensor[],
): tf.SymbolicTensor | undefined {
  const before = new Set([input.id]);
  let cut: tf.SymbolicTensor | undefined;
  let least = sizeOf(input);
  for (const [index, tensor] of outputs.entries()) {
    const layer = tensor.sourceLayer;
    if (layer.weights.length > 0 || isRandom(layer.getClassName())) break;
    const later = outputs.slice(index + 1);
    const isPassedBy = later.some((each) => inputsOf(each).some(({ id }) => before.has(id)));
    const size = sizeOf(tensor);
    if (!isPassedBy && size <= least) [cut, least] = [tensor, size];
    before.add(tensor.id);
  }
  return cut;
}

/** A head in two parts: the layers before the first trainable one, and the rest. */
export interface PartedHead {
  /** Features → reduced features; undefined if the first layer is trainable. */
  readonly fixed: tf.LayersModel | undefined;
  /** Reduced features → scores; shares the head's weights. */
  readonly learning: tf.LayersModel;
  /** Disposes the parts, but not the head. */
  readonly release: () => void;
}

/**
 * Splits a head after its pooling: at the smallest tensor that all later layers depend on and that depends on no weights and no
 * random layer.
 */
export function partHead(head: tf.LayersModel): PartedHead {
  const [input, output] = [head.inputs[0], head.outputs[0]];
  if (input === undefined || output === undefined) return whole(head);
  const tensors = new Map([...ancestors(output)].map((each) => [each.sourceLayer, each]));
  const outputs = head.layers.flatMap((layer) => tensors.get(layer) ?? []);
  const reduced = fixedEnd(
    input,
    outputs.filter(({ id }) => id !== input.id),
  );
  if (reduced === undefined || reduced.id === output.id) return whole(head);
  const fresh = tf.input({ shape: reduced.shape.slice(1), name: 'reduced_features' });
  const scores = replay(output, new Map([[reduced.id, fresh]]), () => {
    throw new ArgumentError('head: expected all layers to depend on its pooling');
  });
  const learning = tf.model({ inputs: fresh, outputs: scores });
  return {
    fixed: tf.model({ inputs: input, outputs: reduced }),
    learning,
    // TensorFlow.js frees a layer once it has been disposed as often as it was applied.
    release: () => {
      learning.dispose();
    },
  };
}

const whole = (head: tf.LayersModel): PartedHead => ({
  fixed: undefined,
  learning: head,
  release: () => undefined,
});

const sizes = (shape: readonly (number | null)[]): string => shape.slice(1).join();

/**
 * Determines how features become the input of a head's trainable part.
 *
 * @param shape of the features of one image
 * @returns a function that applies the head's pooling, or undefined if they are that input already
 */
export function reducerOf(
  subject: string,
  { fixed, learning }: PartedHead,
  shape: readonly number[],
): ((values: tf.Tensor, batchSize: number) => tf.Tensor) | undefined {
  const [taken, before] = [learning.inputs[0]?.shape ?? [], fixed?.inputs[0]?.shape];
  if (shape.join() === sizes(taken)) return undefined;
  if (fixed === undefined || before === undefined || shape.join() !== sizes(before)) {
    const wanted = [taken, ...(before ? [before] : [])].map((each) => show(each.slice(1)));
    reject(subject, `images of ${wanted.join(' or ')}`, shape);
  }
  return (values, batchSize) => fixed.predict(values, { batchSize }) as tf.Tensor;
}

/**
 * A head's outputs for features, which its pooling may have reduced.
 *
 * @returns a tensor that the caller disposes
 */
export const outputsFor = (parts: PartedHead, values: tf.Tensor, batchSize: number): tf.Tensor =>
  tf.tidy(() => {
    const reduce = reducerOf('features', parts, values.shape.slice(1));
    const inputs = reduce ? reduce(values, batchSize) : values;
    return parts.learning.predict(inputs, { batchSize }) as tf.Tensor;
  });
