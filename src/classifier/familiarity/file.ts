import type * as tf from '@tensorflow/tfjs';
import { ArgumentError } from '../../errors.js';
import { OF_A_CLASSIFIER, type ModelFiles, readFile } from '../../train/saved/files.js';
import type { NamedArray } from '../../weights/formats/named-array.js';
import { parseSafetensors } from '../../weights/formats/safetensors.js';
import { writeSafetensors } from '../../weights/formats/write-safetensors.js';
import { type Familiarity, FAMILIARITY_FILE } from './familiarity.js';
import { featureViewOf } from './view.js';

/** Enough for 21,841 classes of ImageNet-21k on 2,048 channels. */
const MAX_BYTES = 2 ** 28;

const NAMES = ['means', 'directions', 'scales', 'heldOut'] as const;

/** The bytes of {@link FAMILIARITY_FILE}. */
export function familiarityBytes(familiarity: Familiarity): Uint8Array {
  const { means, directions, scales, heldOut } = familiarity;
  const channels = directions.length / scales.length;
  const shapes = {
    means: [means.length / channels, channels],
    directions: [channels, scales.length],
    scales: [scales.length],
    heldOut: [heldOut.length],
  };
  return writeSafetensors(
    NAMES.map((name) => ({ name, shape: shapes[name], data: familiarity[name] })),
  );
}

/** Whether arrays are what {@link familiarityBytes} wrote. */
function isWhole(arrays: readonly NamedArray[]): boolean {
  const [means, directions, scales, heldOut] = NAMES.map((name) =>
    arrays.find((array) => array.name === name),
  );
  if (!means || !directions || !scales || !heldOut || arrays.length > NAMES.length) return false;
  const [channels = 0, along = 0] = directions.shape;
  const shapes = [means, directions, scales, heldOut].map(({ shape }) => shape.join());
  const wanted = [[means.shape[0], channels], [channels, along], [along], [heldOut.data.length]];
  return (
    arrays.every(({ data }) => data.length > 0 && data.every(Number.isFinite)) &&
    wanted.every((shape, i) => shape.join() === shapes[i]) &&
    heldOut.data.every((distance, i) => i === 0 || distance >= heldOut.data[i - 1]!)
  );
}

/** @throws ArgumentError if the file is missing or damaged */
export async function readFamiliarity(files: ModelFiles): Promise<Familiarity> {
  const bytes = await readFile(files, FAMILIARITY_FILE, MAX_BYTES, OF_A_CLASSIFIER);
  let arrays: readonly NamedArray[];
  try {
    ({ arrays } = parseSafetensors(bytes));
  } catch (cause) {
    throw damaged(files, cause);
  }
  if (!isWhole(arrays)) throw damaged(files);
  return Object.fromEntries(arrays.map(({ name, data }) => [name, data])) as unknown as Familiarity;
}

const damaged = (files: ModelFiles, cause?: unknown): ArgumentError =>
  new ArgumentError(
    `${files.nameOf(FAMILIARITY_FILE)}: expected the class means and distances that classifier.save() wrote, got a damaged file; copy it from where the classifier was saved, or delete "familiarity" from metadata.json`,
    { cause },
  );

/** @throws ArgumentError if it belongs to a model with other features */
export function requireFamiliarityOf(
  model: tf.LayersModel,
  { directions, scales }: Familiarity,
): void {
  const channels = directions.length / scales.length;
  const view = featureViewOf(model);
  if (view?.channels === channels) return;
  throw new ArgumentError(
    `${FAMILIARITY_FILE}: expected features of ${view?.channels ?? 'unknown'} channels, as the model has, got ${channels}; copy the classifier's files again, all from the same save`,
  );
}
