import * as tf from '@tensorflow/tfjs';
import { extractFeatures, type Features, type Preprocessing } from 'resnet-heads';
import { shiftImages } from '../../src/explain/translation.js';
import { batches } from '../demo/batches.js';
import type { Picture } from '../demo/pictures.js';

/** A frozen base, and what it makes of pictures. */
export interface Task {
  readonly name: string;
  readonly title: string;
  readonly classes: readonly string[];
  readonly base: tf.LayersModel;
  readonly description: string;
  readonly inputShape: readonly number[];
  /** Pictures to train and to tune on. */
  readonly pool: Features;
  /** Test pictures, shifted by so much of 224 pixels. */
  readonly test: ReadonlyMap<number, Features>;
}

/** What a task's features are made of. */
export interface TaskPictures {
  readonly inputShape: readonly number[];
  readonly scaling: Preprocessing;
  readonly pool: readonly Picture[];
  readonly test: readonly Picture[];
}

/** The width that shifts are given for. */
export const REFERENCE_WIDTH = 224;
const SHIFTS = [-32, -16, -8, -4, 0, 4, 8, 16, 32];

/** Shifts in pixels of the reference, by those that they are on a picture of another width, where whole. */
export const shiftsAt = (width: number): [shift: number, pixels: number][] =>
  SHIFTS.map((shift): [number, number] => [shift, (shift * width) / REFERENCE_WIDTH]).filter(
    ([, pixels]) => Number.isInteger(pixels),
  );

/**
 * Runs the base over all pictures once, and over the test pictures once for each shift, so that no head has to.
 *
 * @returns features, whose tensors are yours to dispose
 */
export async function taskFeatures(
  base: tf.LayersModel,
  { inputShape, scaling, pool, test }: TaskPictures,
): Promise<Pick<Task, 'pool' | 'test'>> {
  const poolFeatures = await extractFeatures(base, batches(pool, inputShape, scaling));
  const decoded: { images: tf.Tensor4D; labels: readonly number[] }[] = [];
  for await (const batch of batches(test, inputShape, scaling)) decoded.push(batch);
  const shifted = new Map<number, Features>();
  for (const [shift, pixels] of shiftsAt(inputShape[1] ?? 0)) {
    const moved = function* () {
      for (const { images, labels } of decoded) {
        yield { images: shiftImages(images, pixels, 'x'), labels };
      }
    };
    shifted.set(shift, await extractFeatures(base, moved()));
  }
  tf.dispose(decoded.map(({ images }) => images));
  return { pool: poolFeatures, test: shifted };
}
