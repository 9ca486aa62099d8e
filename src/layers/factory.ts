/** The shape of a tensor without the batch dimension, e.g. `[7, 7, 2048]` for height, width and channels. */
export type Shape = readonly number[];

/** A number, or one number per channel. TensorFlow.js's Rescaling accepts both, although its types don't say so. */
export type Factors = number | readonly number[];

/** The activation of a layer, by Keras's name. */
export type Activation = 'linear' | 'relu' | 'sigmoid' | 'softmax';

/** Every layer has a name, which is used to match weights and in error messages. */
export interface NamedConfig {
  readonly name: string;
}

/**
 * The subset of `tf.layers` that backbones and heads are written in, for any kind of tensor `T`. Each function creates a layer, which is
 * called on one tensor, or on a list of tensors if it merges several.
 *
 * With symbolic tensors it builds real layers; with shapes it only counts parameters and operations. Plans and models share one
 * definition this way, so they can't disagree.
 */
export interface LayerFactory<T> {
  activation(config: { readonly name: string; readonly activation: Activation }): (x: T) => T;
  add(config: { readonly name: string }): (xs: readonly T[]) => T;
  average(config: { readonly name: string }): (xs: readonly T[]) => T;
  batchNormalization(config: {
    readonly name: string;
    /** Added to the variance before taking the square root. */
    readonly epsilon: number;
    /** Fraction of the moving statistics that a training step keeps, 0 to 1. */
    readonly momentum: number;
  }): (x: T) => T;
  /** Concatenates along the last axis. */
  concatenate(config: { readonly name: string }): (xs: readonly T[]) => T;
  conv2d(config: {
    readonly name: string;
    readonly filters: number;
    /** Height and width of the kernel. */
    readonly kernelSize: number;
    /** @default 1 */
    readonly strides?: number;
    /** @default 'valid' */
    readonly padding?: 'same' | 'valid';
    /** @default true */
    readonly useBias?: boolean;
    /** @default 'linear' */
    readonly activation?: Activation;
  }): (x: T) => T;
  /** Applies to the last axis, for any rank. */
  dense(config: {
    readonly name: string;
    readonly units: number;
    /** @default 'linear' */
    readonly activation?: Activation;
  }): (x: T) => T;
  dropout(config: {
    readonly name: string;
    /** Fraction of the inputs set to zero in training, 0 ≤ rate < 1. */
    readonly rate: number;
  }): (x: T) => T;
  /** Flattens in row-major order: height, width, channels. */
  flatten(config: { readonly name: string }): (x: T) => T;
  globalAveragePooling2d(config: { readonly name: string }): (x: T) => T;
  globalMaxPooling2d(config: { readonly name: string }): (x: T) => T;
  maxPooling2d(config: {
    readonly name: string;
    readonly poolSize: number;
    readonly strides: number;
  }): (x: T) => T;
  zeroPadding2d(config: {
    readonly name: string;
    /** Number of zero rows or columns on each of the four sides. */
    readonly padding: number;
  }): (x: T) => T;
}
