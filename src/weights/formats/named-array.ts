import type { Shape } from '../../layers/factory.js';

/** An array from a weight file, with its name in that file. */
export interface NamedArray {
  readonly name: string;
  readonly shape: Shape;
  readonly data: Float32Array;
}

/** A parsed weight file, not yet matched with a model. */
export interface WeightFile {
  /** Format to show to users, e.g. `safetensors` or `Keras 2 HDF5 weights`. */
  readonly format: string;
  readonly arrays: readonly NamedArray[];
  /** Entries that hold no floating-point numbers, such as PyTorch's batch counters. */
  readonly skipped: readonly string[];
  /** Strings stored in the file. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** True if names follow Keras 3's numbering of layers by class, `conv2d_1/vars/0`, instead of layer names. */
  readonly numbered?: boolean;
  /** Names of the files that an index lists. */
  readonly shards?: readonly string[];
  /** Class and name of the saved model's layers, in order, if the file lists them. */
  readonly layers?: readonly LayerIdentity[];
}

export interface LayerIdentity {
  readonly className: string;
  readonly name: string;
}
