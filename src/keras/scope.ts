import type { NamedArray } from '../weights/formats/named-array.js';
import type { Fail, KerasCall, KerasLayer } from './config.js';
import type { Json } from '../json.js';
import type { Output } from './calls.js';

/** A layer of Keras's whose weights a file holds. */
export interface KerasSource {
  /** Where an archive has them, `functional/layers/conv2d_1`: see keras-names.ts. */
  readonly path: string;
  readonly name: string;
}

/** A weight out of a file: by its number in an archive, by its name in a `model.json`. */
export type WeightLookup = (
  source: KerasSource,
  index: number,
  variable: string,
) => NamedArray | undefined;

/** What the translation of one call of a layer has at hand. */
export interface Scope {
  readonly layer: KerasLayer;
  readonly call: KerasCall;
  readonly inputs: readonly Output[];
  /** Refuses the layer. */
  readonly fail: Fail;
  /** One of the layer's weights, where there is a file. */
  readonly weight: (index: number, variable: string) => NamedArray | undefined;
  /**
   * Writes a layer of TensorFlow.js's, or a further call of it.
   *
   * @param suffix to the Keras layer's name, for one that has no weights of the file's
   * @param shape of what it gives, where it is known
   */
  readonly emit: (
    className: string,
    config: Json,
    options?: {
      readonly inputs?: readonly Output[];
      readonly suffix?: string;
      readonly shape?: readonly unknown[] | undefined;
      readonly constants?: readonly NamedArray[];
    },
  ) => Output;
}

/** Says what a layer becomes. */
export type Rule = (scope: Scope) => Output;

/** What a layer of one input takes. */
export function inputOf({ inputs, fail }: Scope): Output {
  const [input, another] = inputs;
  return input === undefined || another !== undefined
    ? fail('one input', `${inputs.length}`)
    : input;
}

/** A layer that TensorFlow.js does without. */
export const unchanged: Rule = inputOf;

/** What is said of a layer that TensorFlow.js lacks. */
export const BUILD_WITHOUT = 'build the model without it';
