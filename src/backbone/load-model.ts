import type * as tf from '@tensorflow/tfjs';
import { absolute } from '../weights/download/address.js';
import { modelFilesOfNode, type ModelOptions, refuseFileOptions } from './model-files.js';

/** Extension of the files in which Keras 3 saves whole models. */
const KERAS = /\.keras$/i;

/** Removes the query and fragment of a URL. */
export const withoutQuery = (source: string | URL): string => String(source).replace(/[?#].*$/, '');

/** Downloads a whole Keras 3 model. */
async function fetchKerasModel(address: URL, options: ModelOptions): Promise<tf.LayersModel> {
  const [{ download }, { readKerasModel }] = await Promise.all([
    import('../weights/download/download.js'),
    import('../keras/archive.js'),
  ]);
  const { bytes } = await download(address.href, options);
  return readKerasModel(bytes, address.href);
}

/**
 * Loads a layers model by the URL, or in Node the path, of its folder, its `model.json` or a `.keras` file.
 *
 * @param options `integrity` is the hash of a `.keras` file; a layers model has several files and no single hash
 * @throws ArgumentError if a file is missing or damaged, or TensorFlow.js can't build the model; WeightsError if a `.keras` file
 *   is damaged or can't be downloaded
 */
export async function loadModel(
  source: string | URL,
  options: ModelOptions,
): Promise<tf.LayersModel> {
  const isKeras = KERAS.test(withoutQuery(source));
  const { integrity, ...others } = options;
  refuseFileOptions(isKeras ? others : options, isKeras ? 'a .keras file' : 'a layers model');
  const isAddress = /^https?:/.test(String(source));
  const node = isAddress ? undefined : modelFilesOfNode.get();
  if (node !== undefined) return node.load(source, integrity);
  const address = absolute(source);
  if (address !== undefined && isKeras) {
    return fetchKerasModel(address, options);
  }
  const [{ fetchedModel }, { buildModel, readModel }] = await Promise.all([
    import('../train/saved/fetched-files.js'),
    import('../train/saved/read-model.js'),
  ]);
  const { files, path } = fetchedModel(source, options);
  return buildModel(await readModel(files, path));
}
