import type { Shape } from '../../layers/factory.js';

/** An array out of a weight file, under the name that the file gives it. */
export interface NamedArray {
  readonly name: string;
  readonly shape: Shape;
  readonly data: Float32Array;
}

/** A weight file, read and checked, but not yet held against a model. */
export interface WeightFile {
  /** As a person would call it, e.g. `safetensors` or `Keras 2 HDF5`. */
  readonly format: string;
  readonly arrays: readonly NamedArray[];
  /** Entries that hold no floating-point numbers, such as PyTorch's batch counters. */
  readonly skipped: readonly string[];
  /** Texts that the file's writer left in it. */
  readonly metadata?: Readonly<Record<string, string>>;
  /**
   * True where the names are Keras 3's numbering of layers by class, `conv2d_1/vars/0`, and not the
   * layers' own.
   */
  readonly numbered?: boolean;
  /** The files that it was put together from, where it is an index of them. */
  readonly shards?: readonly string[];
  /** Class and name of the layers that the file was written from, in order, where it says so. */
  readonly layers?: readonly LayerIdentity[];
}

export interface LayerIdentity {
  readonly className: string;
  readonly name: string;
}
