import * as tf from '@tensorflow/tfjs';
import {
  type Backbone,
  extractFeatures,
  type Features,
  type LabelledPicture,
  type PictureBatch,
} from 'resnet-heads';
import { shiftImages } from '../../src/explain/translation.js';
import { toPixels } from '../../src/pictures/fit.js';
import type { PixelSource } from '../../src/pictures/types.js';

/** A frozen backbone, and what it makes of pictures. */
export interface Task {
  readonly name: string;
  readonly title: string;
  readonly classes: readonly string[];
  readonly backbone: Backbone;
  readonly description: string;
  /** Pictures to train and to tune on. */
  readonly pool: Features;
  /** Test pictures, shifted by so much of 224 pixels. */
  readonly test: ReadonlyMap<number, Features>;
}

/** What a task's features are made of: pictures in hand, of the backbone's size. */
export interface TaskPictures {
  readonly classes: readonly string[];
  readonly pool: readonly LabelledPicture[];
  readonly test: readonly LabelledPicture[];
}

/** The width that shifts are given for. */
export const REFERENCE_WIDTH = 224;
const SHIFTS = [-32, -16, -8, -4, 0, 4, 8, 16, 32];
const BATCH_SIZE = 16;

/** Shifts in pixels of the reference, by those that they are on a picture of another width, where whole. */
export const shiftsAt = (width: number): [shift: number, pixels: number][] =>
  SHIFTS.map((shift): [number, number] => [shift, (shift * width) / REFERENCE_WIDTH]).filter(
    ([, pixels]) => Number.isInteger(pixels),
  );

/** Pictures of one size in one tensor, 0 to 255, which is the caller's to dispose. */
export const stack = (
  pictures: readonly LabelledPicture[],
  classes: readonly string[],
): PictureBatch & { readonly labels: readonly number[] } => ({
  images: tf.tidy(() => {
    const pixels = pictures.map(({ picture }) => toPixels(picture as PixelSource));
    return tf.stack(pixels).toFloat() as tf.Tensor4D;
  }),
  labels: pictures.map(({ label }) => classes.indexOf(String(label))),
});

/**
 * Runs the backbone over all pictures once, and over the test pictures once for each shift, so that no head has to.
 *
 * @returns features, whose tensors are the caller's to dispose
 */
export async function taskFeatures(
  backbone: Backbone,
  { classes, pool, test }: TaskPictures,
): Promise<Pick<Task, 'pool' | 'test'>> {
  const poolFeatures = await extractFeatures(backbone, pool, { classes });
  const shifted = new Map<number, Features>();
  for (const [shift, pixels] of shiftsAt(backbone.inputSize[1])) {
    const moved = function* () {
      for (let from = 0; from < test.length; from += BATCH_SIZE) {
        const { images, labels } = stack(test.slice(from, from + BATCH_SIZE), classes);
        yield { images: tf.tidy(() => shiftImages(images, pixels, 'x')), labels };
        images.dispose();
      }
    };
    shifted.set(shift, await extractFeatures(backbone, moved, { classes }));
  }
  return { pool: poolFeatures, test: shifted };
}
