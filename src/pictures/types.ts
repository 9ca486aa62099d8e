import type * as tf from '@tensorflow/tfjs';

/**
 * One picture: a tensor `[h, w, 3]`, RGB from 0 to 255; anything that `tf.browser.fromPixels` takes, such as an image, canvas or
 * video; an image file as a `Blob`; in Node also the path, `file:` URL or bytes of an image file.
 */
export type Picture =
  tf.Tensor3D | Parameters<typeof tf.browser.fromPixels>[0] | Blob | string | URL | Uint8Array;

/** A picture that must be decoded. */
export type Encoded = Blob | string | URL | Uint8Array;

/** A picture that is already decoded. */
export type PixelSource = Exclude<Picture, Encoded>;

/** A picture and the name of its class; with `multiLabel`, a list of the names of its classes, which can be empty. */
export interface LabelledPicture {
  readonly picture: Picture;
  readonly label: string | readonly string[];
}

/** Pictures of one size in one tensor, with the labels of each. */
export interface PictureBatch {
  /** `[n, h, w, 3]`, RGB from 0 to 255. */
  readonly images: tf.Tensor4D;
  /** The class of each, as an index into `classes`, `[n]`; with `multiLabel`, a list of indices, such as `[[0], [1, 2], []]`. */
  readonly labels: ArrayLike<number> | tf.Tensor1D | readonly (readonly number[])[];
}

/**
 * Batches from an iterable, a function that returns one, or a `tf.data` dataset. Their tensors are disposed after use, except
 * those of an array.
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
 * Labelled pictures, in one of these forms:
 *
 * - the path of a folder with one subfolder per class, or with `train` and `val` folders that have those (Node)
 * - the path of a `.csv` file with the columns `path`, `label` and optionally `split` (Node)
 * - a list of pictures with labels; in Node, a picture may be the path of a file
 * - batches: a `tf.data` dataset, an iterable or a function that returns one; they require `classes`
 */
export type Pictures = string | URL | readonly LabelledPicture[] | BatchStream;

/** A picture file and its class. */
export interface LabelledFile {
  readonly path: string;
  /** Index into the classes; with `labelSets`, into those. */
  readonly label: number;
  /** SHA-256 of the file's bytes in hexadecimal, if known. */
  readonly sha256?: string | undefined;
}

/** Paths of pictures with the same bytes, one list per picture. */
export interface Duplicates {
  /** In two or more classes. Their labels contradict each other, so none of them is used. */
  readonly acrossClasses: readonly (readonly string[])[];
  /** In training and in validation. They are used for validation only. */
  readonly acrossParts: readonly (readonly string[])[];
}
