import * as tf from '@tensorflow/tfjs';
import { readAndDispose } from '../model/dispose.js';
import type { Part } from './set.js';

/** A held-out picture and the training picture that differs least from it. */
export interface NearPair {
  readonly training: string;
  readonly heldOut: string;
  /** Root mean square difference of their pixels at 16 × 16, from 0 to 255. */
  readonly difference: number;
}

const SIDE = 16;
const NUMBERS = SIDE * SIDE * 3;
/** Larger differences are those of other pictures of the same thing. */
const LARGEST_DIFFERENCE = 6;
/** Held-out pictures that are compared at a time. */
const CHUNK = 256;
/** A neutral grey: small numbers lose less precision in a product of matrices. */
const GREY = 128;

interface Small {
  readonly paths: readonly string[];
  /** `[pictures, 768]`. */
  readonly pixels: tf.Tensor2D;
}

interface Options {
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of pictures read so far. */
  readonly onRead: (done: number) => void;
}

/** Reads pictures at 16 × 16. The caller disposes the pixels. */
async function readSmall(part: Part, { signal, onRead }: Options, before: number): Promise<Small> {
  const paths: string[] = [];
  const all = new Float32Array((part.count ?? 0) * NUMBERS);
  const format = { inputSize: [SIDE, SIDE], preprocessing: 'none' } as const;
  for await (const { images, files = [] } of part.batches(format, { signal })) {
    all.set(await readAndDispose(images), paths.length * NUMBERS);
    paths.push(...files.map(({ path }) => path));
    onRead(before + paths.length);
  }
  const pixels = all.subarray(0, paths.length * NUMBERS).map((value) => value - GREY);
  return { paths, pixels: tf.tensor2d(pixels, [paths.length, NUMBERS]) };
}

/** The squared distance of each row to the nearest row of the others, and which that is. */
const nearest = (rows: tf.Tensor2D, others: tf.Tensor2D): [tf.Tensor, tf.Tensor] => {
  const squares = (each: tf.Tensor2D) => each.square().sum<tf.Tensor1D>(1);
  const distances = squares(rows)
    .expandDims(1)
    .add(squares(others).expandDims(0))
    .sub(rows.matMul(others, false, true).mul(2));
  return [distances.min(1), distances.argMin(1)];
};

/**
 * Finds held-out pictures that are nearly the same as a training picture: copies at another size, quality or brightness, or shots taken at the
 * same time. Mirrored or cropped copies are not found.
 *
 * @param train files
 * @param held files
 */
export async function findNearDuplicates(
  train: Part,
  held: Part,
  options: Options,
): Promise<NearPair[]> {
  const found: NearPair[] = [];
  const own: tf.Tensor[] = [];
  try {
    const small = await readSmall(train, options, 0);
    own.push(small.pixels);
    const rows = await readSmall(held, options, small.paths.length);
    own.push(rows.pixels);
    if (small.paths.length === 0) return [];
    for (let from = 0; from < rows.paths.length; from += CHUNK) {
      const count = Math.min(CHUNK, rows.paths.length - from);
      const [squares, indices] = await Promise.all(
        tf
          .tidy(() => nearest(rows.pixels.slice([from, 0], [count, NUMBERS]), small.pixels))
          .map(readAndDispose),
      );
      for (let i = 0; i < count; i++) {
        const difference = Math.sqrt(Math.max(0, squares?.[i] ?? NaN) / NUMBERS);
        if (!(difference <= LARGEST_DIFFERENCE)) continue;
        const [heldOut, training] = [rows.paths[from + i], small.paths[indices?.[i] ?? -1]];
        if (heldOut !== undefined && training !== undefined)
          found.push({ training, heldOut, difference });
      }
    }
  } finally {
    tf.dispose(own);
  }
  return found.sort((a, b) => a.difference - b.difference);
}
