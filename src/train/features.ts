import * as tf from '@tensorflow/tfjs';
import { ArgumentError, reject, requireOptions, show } from '../errors.js';
import type { Head } from '../head/head.js';
import type { Shape } from '../layers/factory.js';
import { buildHead } from '../model/attach.js';
import { requireFeatureMap, requireLayersModel } from '../model/check.js';
import { foldedCopy } from '../model/fold.js';
import { replay } from '../model/replay.js';

/** Images with the class of each, ready for the base: preprocessed, `[n, h, w, c]`. */
export interface LabelledBatch {
  readonly images: tf.Tensor4D;
  /** Class of each, from 0. */
  readonly labels: readonly number[];
}

/** What a frozen base makes of images, computed once. */
export interface Features {
  /** `[images, h, w, c]`; or `[images, n]`, where a head's pooling was run with the base. Yours to dispose. */
  readonly values: tf.Tensor;
  /** Class of each image. */
  readonly labels: Int32Array;
  /** Of the base's map, `[h, w, c]`, whatever became of it. */
  readonly featureShape: Shape;
}

export interface ExtractProgress {
  readonly images: number;
  /** Where the caller has said how many there are. */
  readonly total: number | undefined;
  readonly imagesPerSecond: number;
  readonly secondsLeft: number | undefined;
}

export interface ExtractOptions {
  /**
   * A head whose pooling is run with the base, so that a pooled image's features take 8 kB and not 401.
   * Only heads that pool in the same way can train on them. @default none: maps, for any head
   */
  readonly head?: Head;
  /** How many images there are, for the progress. */
  readonly total?: number;
  readonly onProgress?: (progress: ExtractProgress) => void;
  readonly signal?: AbortSignal;
}

/** Layers that do something else at each call in training; what follows them can't be computed once. */
const isRandom = (type: string): boolean => /Dropout|Noise|^Random/.test(type);

/** Numbers in a tensor for one image. */
const sizeOf = (tensor: tf.SymbolicTensor | undefined): number =>
  (tensor?.shape.slice(1) ?? []).reduce<number>((product, size) => product * (size ?? NaN), 1);

/** Names of the layers that a layer takes its inputs from. */
const sourcesOf = (layer: tf.layers.Layer): string[] =>
  (layer.inboundNodes[0]?.inputTensors ?? []).map(({ sourceLayer }) => sourceLayer.name);

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
  { values }: Features,
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

/** A base with the part of a head that has nothing to learn. */
export interface Extractor {
  /** Of the base's map, `[h, w, c]`. */
  readonly featureShape: Shape;
  /** Of what {@link run} gives for one image. */
  readonly outputShape: Shape;
  /** What the head's part does to the map, by the types of its layers. */
  readonly reduction: string;
  /** Images → features, or reduced ones. */
  readonly run: (images: tf.Tensor4D) => tf.Tensor;
  readonly dispose: () => void;
}

/**
 * A base ready to run over many images: a copy without its BatchNorms, where it has any that fold, for as long as
 * it takes. The copy is some 10 % faster, and takes as much memory again as the base's weights do.
 */
export function extractor(base: tf.LayersModel, head: Head | undefined): Extractor {
  requireLayersModel('base', base);
  const featureShape = requireFeatureMap('base', base).shape.slice(1) as number[];
  // What is pooled has no weights, so that none are drawn.
  const model = head && buildHead(head, featureShape, { weights: 'pending' });
  const parted = model && partHead(model);
  const fixed = parted?.fixed;
  const disposeHead = () => {
    parted?.release();
    model?.dispose();
  };
  let folded: tf.LayersModel | undefined;
  try {
    folded = foldedCopy(base);
  } catch (error) {
    disposeHead();
    throw error;
  }
  const map = (images: tf.Tensor4D) => (folded ?? base).predictOnBatch(images) as tf.Tensor;
  return {
    featureShape,
    outputShape: (fixed?.outputs[0]?.shape.slice(1) as number[] | undefined) ?? featureShape,
    reduction: fixed?.layers.map((layer) => layer.getClassName()).join() ?? '',
    run: (images) =>
      fixed ? tf.tidy(() => fixed.predictOnBatch(map(images)) as tf.Tensor) : map(images),
    dispose: () => {
      folded?.dispose();
      disposeHead();
    },
  };
}

const MS_PER_SECOND = 1_000;

export function progressFrom(
  begin: number,
  images: number,
  total: number | undefined,
): ExtractProgress {
  const imagesPerSecond = (images * MS_PER_SECOND) / Math.max(performance.now() - begin, 1);
  const secondsLeft = total === undefined ? undefined : (total - images) / imagesPerSecond;
  return { images, total, imagesPerSecond, secondsLeft };
}

/**
 * Runs a frozen base over images once, to train heads on what it makes of them. What is computed stays on
 * the backend; only one batch of images is there at a time.
 *
 * Where the base has BatchNorms that fold into its convolutions, a copy without them runs in its place, as
 * `foldBatchNorm` makes it: features then differ from the base's own by rounding, some 1e-6 of the largest.
 *
 * @param batches each batch's images are disposed once they have been used
 * @returns features, whose tensor is yours to dispose
 * @throws ArgumentError where the base has no feature map, or there are no images; no tensor is left behind
 */
export async function extractFeatures(
  base: tf.LayersModel,
  batches: AsyncIterable<LabelledBatch> | Iterable<LabelledBatch>,
  options: ExtractOptions = {},
): Promise<Features> {
  requireOptions('options', options);
  const { head, total, onProgress, signal } = options;
  const { run, dispose, featureShape } = extractor(base, head);
  const parts: tf.Tensor[] = [];
  const labels: number[] = [];
  const begin = performance.now();
  try {
    for await (const batch of batches) {
      try {
        signal?.throwIfAborted();
        requireBatch(batch);
        parts.push(run(batch.images));
      } finally {
        tf.dispose(batch.images);
      }
      labels.push(...batch.labels);
      onProgress?.(progressFrom(begin, labels.length, total));
    }
    if (parts.length === 0) reject('batches', 'at least one batch of images', []);
    return { values: tf.concat(parts), labels: Int32Array.from(labels), featureShape };
  } finally {
    tf.dispose(parts);
    dispose();
  }
}

function requireBatch({ images, labels }: LabelledBatch): void {
  if (!(images instanceof tf.Tensor) || images.rank !== 4) {
    reject('images', 'a tensor [n, height, width, channels]', images);
  }
  if (labels.length !== images.shape[0]) {
    reject('labels', `a class for each of ${images.shape[0]} images`, labels);
  }
}
