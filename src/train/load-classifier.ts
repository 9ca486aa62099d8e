import type * as tf from '@tensorflow/tfjs';
import { requireOptions } from '../errors.js';
import type { Classifier } from './classifier.js';
import type { FetchOptions } from './saved/fetched-files.js';

/** What a classifier is loaded with. `signal`, `timeoutMs`, `retries` and `retryDelayMs` are for an address. */
export interface LoadClassifierOptions extends FetchOptions {
  /** The base of a head that was saved alone; it becomes the classifier's, and goes with it. */
  readonly base?: tf.LayersModel;
}

/**
 * Loads a classifier from an address: a folder on a web server with `model.json`, its weights and
 * `metadata.json`, as `saveClassifier` of `resnet-heads/node` writes it.
 *
 * @throws ArgumentError where a file is missing, damaged or too large, or they don't fit each other
 */
export async function loadClassifier(
  url: string | URL,
  options: LoadClassifierOptions = {},
): Promise<Classifier> {
  requireOptions('options', options);
  // On demand: a page that trains and never loads needs none of it.
  const [{ fetchedFiles }, { assemble, readClassifier }] = await Promise.all([
    import('./saved/fetched-files.js'),
    import('./saved/classifier.js'),
  ]);
  return assemble(await readClassifier(fetchedFiles(url, options)), options.base);
}
