import type * as tf from '@tensorflow/tfjs';
import type { ResnetVariant } from '../base/architecture.js';
import { weightsOf } from '../model/weights.js';
import { WeightsError } from './errors.js';
import type { LayerIdentity, NamedArray, WeightFile } from './formats/named-array.js';
import { fromTorch, isTorch } from './torch.js';

/** The weights of a file by Keras's names, `layer/weight`. */
export interface KerasWeights {
  readonly arrays: ReadonlyMap<string, NamedArray>;
  /** Entries that couldn't be translated. */
  readonly foreign: readonly string[];
}

/** The bias of the first convolution: v1 has it, v1.5 doesn't. */
export const VARIANT_MARK = 'conv1_conv/bias';

/** The variant that weights with these names belong to. */
export const variantOf = (names: { has(name: string): boolean }): ResnetVariant =>
  names.has(VARIANT_MARK) ? 'v1' : 'v1.5';

/** `BatchNormalization` → `batch_normalization`, as `keras.src.utils.naming.to_snake_case` does. */
const snakeCase = (name: string): string =>
  name
    .replaceAll(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();

/** Layers by Keras 3's numbering (`keras.src.saving.saving_lib._save_container_state`): conv2d, conv2d_1, … */
export function numberedIdentities(layers: readonly LayerIdentity[]): Map<string, LayerIdentity> {
  const counts = new Map<string, number>();
  const identities = new Map<string, LayerIdentity>();
  for (const layer of layers) {
    const snake = snakeCase(layer.className);
    const count = counts.get(snake) ?? 0;
    counts.set(snake, count + 1);
    identities.set(count === 0 ? snake : `${snake}_${count}`, layer);
  }
  return identities;
}

/**
 * Variables in the order in which Keras's layers create them. They are not taken from the model: a bias that only the file has must
 * keep its name, because it distinguishes a ResNet v1 from a v1.5.
 */
const VARIABLES: Readonly<Record<string, readonly string[]>> = {
  BatchNormalization: ['gamma', 'beta', 'moving_mean', 'moving_variance'],
  Conv2D: ['kernel', 'bias'],
  Dense: ['kernel', 'bias'],
};

/** `conv1_conv/vars/0` → `conv1_conv/kernel`. For layers of other classes, the order of variables is the model's. */
function fromKeras3(
  file: WeightFile,
  layers: readonly tf.layers.Layer[],
): (array: NamedArray) => NamedArray | undefined {
  const identities =
    file.layers ?? layers.map((layer) => ({ className: layer.getClassName(), name: layer.name }));
  const byKey = numberedIdentities(identities);
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  return (array) => {
    const [, key = '', index] = /^(.*)\/vars\/(\d+)$/.exec(array.name) ?? [];
    const identity = byKey.get(key);
    if (identity === undefined) return undefined;
    const layer = byName.get(identity.name);
    const variable = VARIABLES[layer?.getClassName() ?? identity.className]?.[Number(index)];
    const name = variable
      ? `${identity.name}/${variable}`
      : layer && weightsOf(layer)[Number(index)]?.name;
    return name === undefined ? undefined : { ...array, name };
  };
}

/**
 * Translates a file's names, and torch's order of axes, to Keras's.
 *
 * @param layers the model's, needed for a file that numbers its layers without listing them
 * @throws WeightsError if two arrays translate to the same weight
 */
export function toKerasNames(
  file: WeightFile,
  layers: readonly tf.layers.Layer[] = [],
): KerasWeights {
  const names = new Set(file.arrays.map(({ name }) => name));
  const translate = isTorch(names)
    ? fromTorch
    : file.numbered === true
      ? fromKeras3(file, layers)
      : (array: NamedArray) => array;
  const arrays = new Map<string, NamedArray>();
  const foreign: string[] = [];
  for (const array of file.arrays) {
    const translated = translate(array);
    if (translated === undefined) foreign.push(array.name);
    else if (arrays.has(translated.name)) {
      throw new WeightsError(
        `weights: expected one array for ${translated.name}, got a second one, "${array.name}"; ` +
          'save one model per file, with a unique name for each layer',
      );
    } else arrays.set(translated.name, translated);
  }
  return { arrays, foreign: [...foreign, ...file.skipped] };
}
