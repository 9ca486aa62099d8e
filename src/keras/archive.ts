import type * as tf from '@tensorflow/tfjs';
import { WeightsError } from '../weights/errors.js';
import { readKerasArchive } from '../weights/formats/keras-archive.js';
import { buildKerasModel } from './weights.js';

/** What the first versions of Keras 3 called a group of layers. */
const OLD_GROUP = /(^|\/)_layer_checkpoint_dependencies\//g;

/**
 * Builds the model in a `.keras` archive, with its weights. The training configuration and an optimizer's state are not
 * restored.
 *
 * @param bytes of the archive; the model keeps nothing of them
 * @param name what errors call it
 * @throws ArgumentError where TensorFlow.js has nothing that computes the same as a layer, WeightsError where the archive is
 *   damaged or a weight isn't finite; nothing is left behind then
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
