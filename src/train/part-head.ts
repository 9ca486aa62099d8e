import * as tf from '@tensorflow/tfjs';
import { ArgumentError, reject, show } from '../errors.js';
import { inputsOf } from '../model/graph.js';
import { replay } from '../model/replay.js';

/** Layers whose output differs on each call in training: what follows them can't be computed once. */
const isRandom = (type: string): boolean => /Dropout|Noise|^Random/.test(type);

/** Number of values in a tensor per image. */
const sizeOf = (tensor: tf.SymbolicTensor | undefined): number =>
  (tensor?.shape.slice(1) ?? []).reduce<number>((product, size) => product * (size ?? NaN), 1);

/** Names of the layers that a layer reads. */
const sourcesOf = (layer: tf.layers.Layer): string[] =>
  inputsOf(layer.getOutputAt(0) as tf.SymbolicTensor).map(({ sourceLayer }) => sourceLayer.name);

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
  const before = new Set<string>();
  let cut: string | undefined;
  let least = sizeOf(head.inputs[0]);
  for (const [index, layer] of head.layers.entries()) {
    if (layer.weights.length > 0 || isRandom(layer.getClassName())) break;
    const later = head.layers.slice(index + 1);
    const isPassedBy = later.some((each) => sourcesOf(each).some((name) => before.has(name)));
    const size = sizeOf(layer.output as tf.SymbolicTensor);
    if (index > 0 && !isPassedBy && size <= least) [cut, least] = [layer.name, size];
    before.add(layer.name);
  }
  const [input, output] = [head.inputs[0], head.outputs[0]];
  if (cut === undefined || input === undefined || output === undefined) {
    return whole(head);
  }
  const reduced = head.getLayer(cut).output as tf.SymbolicTensor;
  if (reduced.id === output.id) return whole(head);
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
