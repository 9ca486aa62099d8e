import type { ClassifiedFile, ClassifyFilesOptions } from './classified-file.js';
import type { Classifier } from './types.js';

/**
 * Classifies picture files in batches (Node only). Each answer is yielded as soon as it is known, in the order of the files, so memory
 * doesn't grow with them. Ending the loop early, for example by `break`, ends the work.
 *
 * @param pictures paths or `file:` URLs of pictures and of folders, which are read with their subfolders, sorted by name; each file is
 *   classified once
 * @returns the answers; pictures that can't be decoded are left out and passed to `onWarning`
 * @throws while iterating: ArgumentError if an argument is invalid, or a folder has no pictures; PictureError if no picture can be
 *   decoded, or with `strict` for the first that can't be; the signal's reason
 */
export async function* classifyFiles(
  classifier: Classifier,
  pictures: string | URL | readonly (string | URL)[],
  options: ClassifyFilesOptions = {},
): AsyncGenerator<ClassifiedFile, void, undefined> {
  yield* (await import('./file-answers.js')).answersOf(classifier, pictures, options);
}
