import type { NamedArray } from '../weights/formats/named-array.js';
import type { Fail, KerasCall, KerasLayer } from './config.js';
import type { Json } from '../json.js';
import type { Output } from './calls.js';

/** A Keras layer whose weights are in a file. */
export interface KerasSource {
  /** Path of its weights in an archive, `functional/layers/conv2d_1`: see keras-names.ts. */
  readonly path: string;
  readonly name: string;
}

/** Finds a weight in a file: in an archive by its index, for a `model.json` by its name. */
export type WeightLookup = (
  source: KerasSource,
  index: number,
  variable: string,
) => NamedArray | undefined;

/** The context for translating one call of a layer. */
export interface Scope {
  readonly layer: KerasLayer;
  readonly call: KerasCall;
  readonly inputs: readonly Output[];
  /** Throws an error about the layer. */
  readonly fail: Fail;
  /** One of the layer's weights, if there is a file. */
  readonly weight: (index: number, variable: string) => NamedArray | undefined;
  /**
   * Adds a TensorFlow.js layer to the graph, or a further call of it.
   *
   * @param suffix appended to the Keras layer's name, for a layer without weights from the file
   * @param shape shape of the output, if known
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

/** Translates a call of a layer to TensorFlow.js. */
export type Rule = (scope: Scope) => Output;

/** The input of a layer that has exactly one. */
export function inputOf({ inputs, fail }: Scope): Output {
  const [input, another] = inputs;
  return input === undefined || another !== undefined
    ? fail('one input', `${inputs.length}`)
    : input;
}

/** A layer that is left out. */
export const unchanged: Rule = inputOf;

/** What to do about an option that TensorFlow.js lacks. */
export const BUILD_WITHOUT = 'build the model without it';
