import * as tf from '@tensorflow/tfjs';
import { ArgumentError, reject, show } from '../errors.js';
import { inputsOf } from '../model/graph.js';
import { replay } from '../model/replay.js';

/** Layers that do something else at each call in training; what follows them can't be computed once. */
const isRandom = (type: string): boolean => /Dropout|Noise|^Random/.test(type);

/** Numbers in a tensor for one image. */
const sizeOf = (tensor: tf.SymbolicTensor | undefined): number =>
  (tensor?.shape.slice(1) ?? []).reduce<number>((product, size) => product * (size ?? NaN), 1);

/** Names of the layers that a layer takes its inputs from. */
const sourcesOf = (layer: tf.layers.Layer): string[] =>
  inputsOf(layer.getOutputAt(0) as tf.SymbolicTensor).map(({ sourceLayer }) => sourceLayer.name);

/** A head in two: what has nothing to learn, and the rest. */
export interface PartedHead {
  /** Features → reduced features; nothing where the first layer learns. */
  readonly fixed: tf.LayersModel | undefined;
  /** Reduced features → scores; shares the head's weights. */
  readonly learning: tf.LayersModel;
  /** Lets go of the parts, and not of the head. */
  readonly release: () => void;
}

/**
 * Parts a head behind its pooling: at the smallest tensor that all later layers follow from and that no
 * weight and no chance has touched.
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
    throw new ArgumentError('head: expected all layers to follow from its pooling');
  });
  const learning = tf.model({ inputs: fresh, outputs: scores });
  return {
    fixed: tf.model({ inputs: input, outputs: reduced }),
    learning,
    // TensorFlow.js counts how often a layer was applied, and frees it at as many disposals.
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
 * Features as a head's learning part takes them: as they are, or run through its pooling.
 *
 * @returns the tensor, and whether it is the caller's to dispose
 */
export function reduce(
  subject: string,
  { fixed, learning }: PartedHead,
  values: tf.Tensor,
  batchSize: number,
): { readonly values: tf.Tensor; readonly own: boolean } {
  const [taken, before] = [learning.inputs[0]?.shape ?? [], fixed?.inputs[0]?.shape];
  if (sizes(values.shape) === sizes(taken)) return { values, own: false };
  if (fixed === undefined || before === undefined || sizes(values.shape) !== sizes(before)) {
    const wanted = [taken, ...(before ? [before] : [])].map((shape) => show(shape.slice(1)));
    reject(`${subject}.values`, `images of ${wanted.join(' or ')}`, values.shape.slice(1));
  }
  return { values: fixed.predict(values, { batchSize }) as tf.Tensor, own: true };
}
