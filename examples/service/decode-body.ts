import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { decodeImage } from 'resnet-heads/node';
import { Refusal } from './refusals.js';

/**
 * Decodes the bytes of a picture as those were that the classifier learnt from.
 *
 * @param folder for the moment that it lies there as a file, which is what `decodeImage` reads
 * @returns `[height, width, 3]`; yours to dispose
 * @throws Refusal where it is no picture
 */
export async function decodeBody(
  bytes: Buffer,
  [height, width]: readonly [number, number],
  folder: string,
): Promise<tf.Tensor3D> {
  const path = join(folder, randomUUID());
  try {
    await writeFile(path, bytes);
    const { pixels } = await decodeImage(path, { height, width });
    return tf.tensor3d(pixels, [height, width, 3], 'int32');
  } catch (error) {
    if (!(error instanceof Error && error.name === 'ImageError')) throw error;
    // It begins with the file's path, which says nothing to who sent a body.
    throw new Refusal(415, error.message.replace(path, 'body'));
  } finally {
    await rm(path, { force: true });
  }
}
