import type * as tf from '@tensorflow/tfjs';
import { ArgumentError } from '../../errors.js';
import { OF_A_CLASSIFIER, type ModelFiles, readFile } from '../../train/saved/files.js';
import { sha256 } from '../../sha256.js';
import type { NamedArray } from '../../weights/formats/named-array.js';
import { parseSafetensors } from '../../weights/formats/safetensors.js';
import { writeSafetensors } from '../../weights/formats/write-safetensors.js';
import { type Familiarity, FAMILIARITY_FILE, LEAST_HELD_OUT } from './familiarity.js';
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

/** Descriptors and directions have length 1, and scales only make squared distances smaller. */
const RANGES: Readonly<Record<keyof Familiarity, readonly [number, number]>> = {
  means: [-1, 1],
  directions: [-1, 1],
  scales: [-1, 0],
  heldOut: [0, 4],
};
/** Float32's rounding in sums over 2,048 channels, with room. */
const ROUNDING = 1e-3;

/** Whether the arrays of {@link familiarityBytes} are there, in shapes that fit each other. */
function isWhole(arrays: readonly NamedArray[]): boolean {
  const [means, directions, scales, heldOut] = NAMES.map((name) =>
    arrays.find((array) => array.name === name),
  );
  if (!means || !directions || !scales || !heldOut || arrays.length > NAMES.length) return false;
  const [channels = 0, along = 0] = directions.shape;
  const shapes = [means, directions, scales, heldOut].map(({ shape }) => shape.join());
  const wanted = [[means.shape[0], channels], [channels, along], [along], [heldOut.data.length]];
  return (
    arrays.every(({ data }) => data.length > 0) &&
    wanted.every((shape, i) => shape.join() === shapes[i])
  );
}

/** @throws ArgumentError on values that no pictures give */
function requirePossible(place: string, familiarity: Familiarity): void {
  for (const name of NAMES) {
    const [low, high] = RANGES[name];
    const wrong = familiarity[name].find(
      (each) => !(each >= low - ROUNDING && each <= high + ROUNDING),
    );
    if (wrong !== undefined) fail(place, `${name} from ${low} to ${high}`, String(wrong));
  }
  const { heldOut } = familiarity;
  if (heldOut.length < LEAST_HELD_OUT) {
    fail(place, `${LEAST_HELD_OUT} distances or more`, String(heldOut.length));
  }
  const next = heldOut.findIndex((each, i) => i > 0 && each < heldOut[i - 1]!);
  if (next !== -1) {
    fail(place, 'heldOut in ascending order', `${heldOut[next]} after ${heldOut[next - 1]}`);
  }
}

/**
 * Reads the file of a saved classifier.
 *
 * @param hash SHA-256 of the file, from the classifier's metadata
 * @throws ArgumentError if the file is missing, another one or damaged
 */
export async function readFamiliarity(files: ModelFiles, hash: string): Promise<Familiarity> {
  const place = files.nameOf(FAMILIARITY_FILE);
  const bytes = await readFile(files, FAMILIARITY_FILE, MAX_BYTES, OF_A_CLASSIFIER);
  if ((await sha256(bytes)) !== hash) {
    fail(place, 'the file that was saved with metadata.json', 'another one');
  }
  let arrays: readonly NamedArray[];
  try {
    ({ arrays } = parseSafetensors(bytes));
  } catch (cause) {
    fail(place, CONTENT, DAMAGED, cause);
  }
  if (!isWhole(arrays)) fail(place, CONTENT, DAMAGED);
  const found = Object.fromEntries(arrays.map(({ name, data }) => [name, data]));
  const familiarity = found as unknown as Familiarity;
  requirePossible(place, familiarity);
  return familiarity;
}

const CONTENT = 'the class means and distances that classifier.save() wrote';
const DAMAGED = 'a damaged file';

function fail(place: string, expected: string, got: string, cause?: unknown): never {
  throw new ArgumentError(
    `${place}: expected ${expected}, got ${got}; copy the classifier's files again, all from the same save, or delete "familiarity" from metadata.json`,
    { cause },
  );
}

/** @throws ArgumentError if it belongs to a model with other features or fewer classes */
export function requireFamiliarityOf(
  model: tf.LayersModel,
  classes: number,
  { means, directions, scales }: Familiarity,
): void {
  const channels = directions.length / scales.length;
  const view = featureViewOf(model);
  if (view?.channels !== channels) {
    const expected = `features of ${view?.channels ?? 'unknown'} channels, as the model has`;
    fail(FAMILIARITY_FILE, expected, String(channels));
  }
  // A class without pictures has no mean.
  const own = means.length / channels;
  if (own > classes) fail(FAMILIARITY_FILE, `means of ${classes} classes or fewer`, String(own));
}
