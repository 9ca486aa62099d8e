import { reject } from '../errors.js';
import type { ImageInput } from './image-input.js';
import type { Inferred } from './infer/infer.js';
import { elements } from './tensor.js';
import { quoted } from './wire.js';

/** As of a saved classifier's layers: more numbers take more than a gigabyte. */
const MAX_NUMBERS = 2 ** 28;

/** Checks that no tensor of one image is too large for memory. */
export function requireSmall({ tensors }: Inferred, inputSize: readonly number[]): void {
  for (const [name, { shape, isFixed }] of tensors) {
    const numbers = elements(shape);
    if (isFixed || !(numbers > MAX_NUMBERS)) continue;
    const expected = `a size at which no tensor has more than ${MAX_NUMBERS} numbers`;
    reject('inputSize', expected, inputSize, `${quoted(name)} has ${numbers}`);
  }
}

function requireInputSize(given: unknown): void {
  const isSide = (side: unknown) => Number.isSafeInteger(side) && Number(side) > 0;
  if (Array.isArray(given) && given.length === 2 && given.every(isSide)) return;
  reject('inputSize', '[height, width] in pixels, such as [224, 224]', given);
}

/** The size of images: the file's own, where it is fixed, or the given one, which must agree. */
export function sizeOf(
  { name, size }: ImageInput,
  given: readonly [height: number, width: number] | undefined,
): readonly [number, number] {
  if (given !== undefined) requireInputSize(given);
  const found = size.map((own, i) => own ?? given?.[i]);
  const [height, width] = found;
  const fits = given === undefined || given.every((each, i) => each === found[i]);
  if (height === undefined || width === undefined || !fits) {
    const own = size.map((each) => each ?? 'any');
    return reject(
      'inputSize',
      `[height, width] that input ${quoted(name)} of size [${own.join(', ')}] takes`,
      given,
    );
  }
  return [height, width];
}
