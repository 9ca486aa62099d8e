const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

/** Initial value of the internal state, to which the length is added. */
const INITIAL = 0xdeadbeef;

/**
 * Bob Jenkins's lookup3 (`hashlittle`, initial value 0), the checksum of HDF5's structures since 1.8.
 *
 * http://burtleburtle.net/bob/c/lookup3.c, public domain
 */
export function lookup3(bytes: Uint8Array): number {
  const byte = (at: number): number => bytes[at] ?? 0;
  const word = (at: number): number =>
    byte(at) | (byte(at + 1) << 8) | (byte(at + 2) << 16) | (byte(at + 3) << 24);
  let a = (INITIAL + bytes.length) | 0;
  let b = a;
  let c = a;
  let at = 0;
  for (; bytes.length - at > 12; at += 12) {
    a = (a + word(at)) | 0;
    b = (b + word(at + 4)) | 0;
    c = (c + word(at + 8)) | 0;
    a = (a - c) ^ rotate(c, 4);
    c = (c + b) | 0;
    b = (b - a) ^ rotate(a, 6);
    a = (a + c) | 0;
    c = (c - b) ^ rotate(b, 8);
    b = (b + a) | 0;
    a = (a - c) ^ rotate(c, 16);
    c = (c + b) | 0;
    b = (b - a) ^ rotate(a, 19);
    a = (a + c) | 0;
    c = (c - b) ^ rotate(b, 4);
    b = (b + a) | 0;
  }
  if (at === bytes.length) return c >>> 0;
  // Bytes beyond the end count as zero.
  a = (a + word(at)) | 0;
  b = (b + word(at + 4)) | 0;
  c = (c + word(at + 8)) | 0;
  c = ((c ^ b) - rotate(b, 14)) | 0;
  a = ((a ^ c) - rotate(c, 11)) | 0;
  b = ((b ^ a) - rotate(a, 25)) | 0;
  c = ((c ^ b) - rotate(b, 16)) | 0;
  a = ((a ^ c) - rotate(c, 4)) | 0;
  b = ((b ^ a) - rotate(a, 14)) | 0;
  c = ((c ^ b) - rotate(b, 24)) | 0;
  return c >>> 0;
}

/** Number of words that can be summed before the sums have to be reduced (H5checksum.c). */
const WORDS_AT_ONCE = 360;

const fold = (sum: number): number => (sum & 0xffff) + (sum >>> 16);

/** Fletcher's checksum of 16-bit words, as in HDF5's fletcher32 filter (H5checksum.c). */
export function fletcher32(bytes: Uint8Array): number {
  let [sum1, sum2] = [0, 0];
  const even = bytes.length & ~1;
  for (let at = 0; at < even;) {
    const end = Math.min(even, at + 2 * WORDS_AT_ONCE);
    for (; at < end; at += 2) {
      sum1 += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
      sum2 += sum1;
    }
    [sum1, sum2] = [fold(sum1), fold(sum2)];
  }
  if (even < bytes.length) {
    sum1 += (bytes[even] ?? 0) << 8;
    sum2 += sum1;
    [sum1, sum2] = [fold(sum1), fold(sum2)];
  }
  [sum1, sum2] = [fold(sum1), fold(sum2)];
  return ((sum2 << 16) | sum1) >>> 0;
}
