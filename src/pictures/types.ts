import type * as tf from '@tensorflow/tfjs';

/**
 * One picture: RGB from 0 to 255 as a tensor `[h, w, 3]`, or whatever `tf.browser.fromPixels` takes, such as an image, a
 * canvas or a video; a file as a `Blob`; in Node also its path, its `file:` URL or its bytes.
 */
export type Picture =
  tf.Tensor3D | Parameters<typeof tf.browser.fromPixels>[0] | Blob | string | URL | Uint8Array;

/** A picture that has to be decoded. */
export type Encoded = Blob | string | URL | Uint8Array;

/** A picture that is decoded already. */
export type PixelSource = Exclude<Picture, Encoded>;

/** A picture and the name of its class. */
export interface LabelledPicture {
  readonly picture: Picture;
  readonly label: string;
}

/** Pictures of one size in one tensor, with the class of each. */
export interface PictureBatch {
  /** `[n, h, w, 3]`, red, green and blue from 0 to 255. */
  readonly images: tf.Tensor4D;
  /** The class of each, as an index into `classes`; `[n]`. */
  readonly labels: ArrayLike<number> | tf.Tensor1D;
}

/**
 * Batches that come one after the other, from an iterable, a function that returns one, or a dataset of `tf.data`. Their
 * tensors are disposed once they have been used, except those of an array.
 */
export type BatchStream =
  | AsyncIterable<PictureBatch>
  | Iterable<PictureBatch>
  | (() => AsyncIterable<PictureBatch> | Iterable<PictureBatch>)
  | {
      iterator(): Promise<{
        next(): Promise<{ readonly value: unknown; readonly done?: boolean }>;
      }>;
    };

export type BatchDataset = Extract<BatchStream, { iterator: unknown }>;

/**
 * Pictures with their classes, wherever they are:
 *
 * - the path of a folder with one subfolder per class, or with `train` and `val` and those in them (Node)
 * - the path of a `.csv` file with the columns `path`, `label` and optionally `split` (Node)
 * - a list of pictures with labels; in Node, a picture may be the path of a file
 * - batches: a `tf.data` dataset, an iterable or a function that returns one; they need `classes`
 */
export type Pictures = string | URL | readonly LabelledPicture[] | BatchStream;

/** A picture's file and its class. */
export interface LabelledFile {
  readonly path: string;
  /** Index into the classes. */
  readonly label: number;
  /** SHA-256 of the file's bytes in hexadecimal, where it is known. */
  readonly sha256?: string | undefined;
}

/** Pictures with the same bytes, by their paths: each list is one picture under two or more names. */
export interface Duplicates {
  /** In two classes or more. No label can be right for all of them, so that none of them is used. */
  readonly acrossClasses: readonly (readonly string[])[];
  /** Both in training and in validation. They are used for validation only. */
  readonly acrossParts: readonly (readonly string[])[];
}
