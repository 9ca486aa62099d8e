/** Sizes of a tensor without its batch dimension, e.g. `[7, 7, 2048]` for height, width and channels. */
export type Shape = readonly number[];

/** A number, or one for each channel: what TensorFlow.js's Rescaling takes, whatever its types say. */
export type Factors = number | readonly number[];

/** An activation that ends a layer, by Keras's name. */
export type Activation = 'linear' | 'relu' | 'sigmoid' | 'softmax';

/** Every layer is named: weights are matched by name, and error messages refer to it. */
export interface NamedConfig {
  readonly name: string;
}

/**
 * The slice of `tf.layers` in which bases and heads are written, over any kind of tensor `T`. Each function makes a layer,
 * which takes one tensor or, where it joins several, a list of them.
 *
 * Handed symbolic tensors it builds real layers; handed bare shapes it only counts. One definition
 * read in two ways is why a plan can't disagree with the model that it announces.
 */
export interface LayerFactory<T> {
  activation(config: { readonly name: string; readonly activation: Activation }): (x: T) => T;
  add(config: { readonly name: string }): (xs: readonly T[]) => T;
  average(config: { readonly name: string }): (xs: readonly T[]) => T;
  batchNormalization(config: {
    readonly name: string;
    /** Added to the variance before its square root is taken. */
    readonly epsilon: number;
    /** Share of the old moving statistic that one training step keeps. */
    readonly momentum: number;
  }): (x: T) => T;
  /** Joins along the last axis. */
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
  /** Acts on the last axis, whatever the rank. */
  dense(config: {
    readonly name: string;
    readonly units: number;
    /** @default 'linear' */
    readonly activation?: Activation;
  }): (x: T) => T;
  dropout(config: {
    readonly name: string;
    /** Share of the inputs set to zero in training, 0 ≤ rate < 1. */
    readonly rate: number;
  }): (x: T) => T;
  /** Row-major: height, then width, then channels. */
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
    /** Rows and columns of zeros on each of the four sides. */
    readonly padding: number;
  }): (x: T) => T;
}
