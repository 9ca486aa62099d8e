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

export interface ActivationConfig extends NamedConfig {
  readonly activation: Activation;
}

export interface BatchNormalizationConfig extends NamedConfig {
  /** Added to the variance before its square root is taken. */
  readonly epsilon: number;
  /** Share of the old moving statistic that one training step keeps. */
  readonly momentum: number;
}

export interface Conv2DConfig extends NamedConfig {
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
}

export interface DenseConfig extends NamedConfig {
  readonly units: number;
  /** @default 'linear' */
  readonly activation?: Activation;
}

export interface DropoutConfig extends NamedConfig {
  /** Share of the inputs set to zero in training, 0 ≤ rate < 1. */
  readonly rate: number;
}

export interface MaxPooling2DConfig extends NamedConfig {
  readonly poolSize: number;
  readonly strides: number;
}

export interface ZeroPadding2DConfig extends NamedConfig {
  /** Rows and columns of zeros on each of the four sides. */
  readonly padding: number;
}

/** Takes one tensor to another. */
export type Op<T> = (x: T) => T;

/** Takes several tensors to one. */
export type Merge<T> = (xs: readonly T[]) => T;

/**
 * The slice of `tf.layers` in which bases and heads are written, over any kind of tensor `T`.
 *
 * Handed symbolic tensors it builds real layers; handed bare shapes it only counts. One definition
 * read in two ways is why a plan can't disagree with the model that it announces.
 */
export interface LayerFactory<T> {
  activation(config: ActivationConfig): Op<T>;
  add(config: NamedConfig): Merge<T>;
  average(config: NamedConfig): Merge<T>;
  batchNormalization(config: BatchNormalizationConfig): Op<T>;
  /** Joins along the last axis. */
  concatenate(config: NamedConfig): Merge<T>;
  conv2d(config: Conv2DConfig): Op<T>;
  /** Acts on the last axis, whatever the rank. */
  dense(config: DenseConfig): Op<T>;
  dropout(config: DropoutConfig): Op<T>;
  /** Row-major: height, then width, then channels. */
  flatten(config: NamedConfig): Op<T>;
  globalAveragePooling2d(config: NamedConfig): Op<T>;
  globalMaxPooling2d(config: NamedConfig): Op<T>;
  maxPooling2d(config: MaxPooling2DConfig): Op<T>;
  zeroPadding2d(config: ZeroPadding2DConfig): Op<T>;
}
