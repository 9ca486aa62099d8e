import type * as tf from '@tensorflow/tfjs';
import { type Names, PictureError } from '../../errors.js';
import { isStream } from '../../pictures/batches.js';
import { readPictures } from '../../pictures/read.js';
import type { ImageFormat, Part, PassOptions } from '../../pictures/set.js';
import type { Pictures } from '../../pictures/types.js';
import type { Progress } from '../../progress.js';

/**
 * As is usual, and more than enough: a MobileNet's features have a mean cosine of 0.99976 with float32's after calibration on 4 pictures, and of
 * 0.99977 after 64.
 */
export const CALIBRATION_PICTURES = 64;

/** Layers' outputs are in memory for this many pictures, some 90 MB each in a ResNet-50. */
const BATCH_SIZE = 4;

/** Which pictures, if there are more than needed: the same ones each time. */
const SEED = 0;

export interface CalibrationOptions extends Pick<PassOptions, 'signal' | 'onWarning'> {
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

export const CALIBRATION_NAMES: Names<CalibrationOptions> = {
  signal: true,
  onProgress: true,
  onWarning: true,
};

/** The classes of batches are only numbers: any will do, if there are enough. */
const NUMBERED = Array.from({ length: 2 ** 16 }, (_, i) => String(i));

/**
 * The pictures to calibrate on: all, or the training pictures of a folder that is split.
 *
 * @param multiLabel whether pictures can have several labels; they don't matter, so by default those of a list may
 */
export async function calibrationPart(pictures: Pictures, multiLabel?: boolean): Promise<Part> {
  const isList = Array.isArray(pictures) && !('images' in Object(pictures[0]));
  const { train } = await readPictures(pictures, {
    multiLabel: multiLabel ?? isList,
    ...(!isList && isStream(pictures) && { classes: NUMBERED }),
  });
  return train;
}

/**
 * Yields some of the pictures as preprocessed images, which the caller disposes.
 *
 * @throws PictureError if none can be decoded
 */
export async function* calibrationImages(
  part: Part,
  format: ImageFormat,
  { onProgress, ...options }: CalibrationOptions,
): AsyncGenerator<tf.Tensor4D, void, undefined> {
  const total = Math.min(part.count ?? CALIBRATION_PICTURES, CALIBRATION_PICTURES);
  const tell = (done: number) => {
    onProgress?.({ label: 'calibration', done: Math.min(done, total), total, unit: 'pictures' });
  };
  tell(0);
  let done = 0;
  const pass = { ...options, batchSize: BATCH_SIZE, seed: SEED };
  for await (const { images } of part.batches(format, pass)) {
    const [count] = images.shape;
    yield images;
    done += count;
    tell(done);
    if (done >= CALIBRATION_PICTURES) return;
  }
  if (done === 0) throw new PictureError('pictures: expected pictures to calibrate on, got none');
}
