import type * as tf from '@tensorflow/tfjs';
import { WeightsError } from '../weights/errors.js';
import { readKerasArchive } from '../weights/formats/keras-archive.js';
import { buildKerasModel } from './weights.js';

/** Name of a group of layers in the first versions of Keras 3. */
const OLD_GROUP = /(^|\/)_layer_checkpoint_dependencies\//g;

/**
 * Builds the model in a `.keras` archive, with its weights. The training configuration and the optimizer's state are not
 * restored.
 *
 * @param bytes the archive, which may be changed afterwards
 * @param name name of the archive in error messages
 * @throws ArgumentError if TensorFlow.js can't compute a layer, WeightsError if the archive is damaged or a weight isn't finite; all
 *   tensors are freed then
 */
export async function readKerasModel(bytes: Uint8Array, name: string): Promise<tf.LayersModel> {
  const { config, file } = await readKerasArchive(bytes).catch((cause: unknown) => {
    if (!(cause instanceof WeightsError)) throw cause;
    throw new WeightsError(`${name}: ${cause.message}`, { cause });
  });
  const byPath = new Map(
    file.arrays.map((array) => [array.name.replaceAll(OLD_GROUP, '$1layers/'), array]),
  );
  return buildKerasModel(name, config, file.arrays, ({ path }, index) =>
    byPath.get(`${path}/vars/${index}`),
  );
}
