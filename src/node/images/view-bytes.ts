import { type View, viewPixels } from '../../pictures/view-pixels.js';

/**
 * A view of some pictures of a batch.
 *
 * @param bytes `[n, height, width, 3]`
 * @param indices of the pictures, of 0 to n − 1
 * @param view undefined for the pictures themselves
 * @returns `[indices.length, height, width, 3]`
 */
export function viewBytes(
  bytes: Uint8Array,
  indices: readonly number[],
  size: readonly [height: number, width: number],
  view: View | undefined,
): Uint8Array {
  const length = size[0] * size[1] * 3;
  const isWhole = indices.length * length === bytes.length;
  const own = isWhole ? bytes : new Uint8Array(indices.length * length);
  if (!isWhole) {
    for (const [to, from] of indices.entries()) {
      own.set(bytes.subarray(from * length, (from + 1) * length), to * length);
    }
  }
  return view === undefined ? own : viewPixels(own, size, view);
}
