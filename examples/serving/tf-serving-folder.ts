import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Classifier, exportSavedModel } from 'resnet-heads';
import { requireFree, requireName } from './names.js';

export interface TfServingOptions {
  /** Name of the folder, and of the model on the server. */
  readonly name: string;
  readonly version: number;
}

/**
 * Writes a version of a classifier as TensorFlow Serving takes it: `NAME/VERSION/saved_model.pb`.
 *
 * @param base the folder of all models; made if it isn't there
 * @throws Error if the version is there already, ArgumentError if the classifier can't be exported
 */
export async function writeTfServingFolder(
  classifier: Classifier,
  base: string,
  { name, version }: TfServingOptions,
): Promise<void> {
  requireName(name);
  const folder = join(base, name);
  requireFree(join(folder, String(version)));
  await mkdir(base, { recursive: true });
  await exportSavedModel(classifier, folder, { input: 'pixels', modelVersion: version });
}
