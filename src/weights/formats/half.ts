import { ArgumentError } from '../../errors.js';

const HALF_SIGN = 0x8000;
const HALF_EXPONENT_BITS = 10;
const HALF_MANTISSA = 0x3ff;
const HALF_BIAS = 15;

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
  halves ??= Float32Array.from({ length: 0x10000 }, (_, i) => decodeHalf(i));
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) values[i] = halves[bits[i] ?? 0] ?? NaN;
  return values;
}

/** The largest finite half-precision number. */
export const LARGEST_HALF = 65504;

/** Number format of weights or features in files. */
export type FloatFormat = 'float32' | 'float16';

export const FLOAT_FORMATS: readonly FloatFormat[] = ['float32', 'float16'];

/**
 * Rounds weights to half precision.
 *
 * @throws ArgumentError if one is too large
 */
export function weightsToHalf(name: string, values: Float32Array): Uint16Array {
  const wrong = values.find((value) => !(Math.abs(value) <= LARGEST_HALF));
  if (wrong === undefined) return floatToHalf(values);
  throw new ArgumentError(
    `dtype: expected weights of at most ${LARGEST_HALF} in float16, got ${wrong} in "${name}"; use float32`,
  );
}
/** How many bits of a single-precision mantissa a half-precision one lacks. */
const LOST_BITS = 13;
const FLOAT_BIAS = 127;
/** Multiplied by this, a number too small for a half-precision exponent becomes its mantissa. */
const SUBNORMALS = 2 ** (HALF_BIAS - 1 + HALF_EXPONENT_BITS);

/** Rounds to the nearest integer, halves to the even one. */
function roundEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Rounds single to half precision (F16), to the nearest, halves to even; what is too large becomes infinite. */
export function floatToHalf(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const word = words[i] ?? 0;
    const sign = (word >>> 16) & HALF_SIGN;
    const size = Math.abs(values[i] ?? 0);
    const exponent = ((word >>> 23) & 0xff) - FLOAT_BIAS + HALF_BIAS;
    let bits: number;
    if (Number.isNaN(size)) bits = 0x7e00;
    else if (exponent <= 0) bits = roundEven(size * SUBNORMALS);
    else {
      // The mantissa's carry goes on into the exponent, as it should.
      const mantissa = word & 0x7fffff;
      bits = (exponent << HALF_EXPONENT_BITS) + roundEven(mantissa / 2 ** LOST_BITS);
      bits = Math.min(bits, 0x7c00);
    }
    halves[i] = sign | bits;
  }
  return halves;
}

/** Converts bfloat16 (BF16), the upper half of a single-precision number, to single precision, exactly. */
export function bfloatToFloat(bits: Uint16Array): Float32Array {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = (bits[i] ?? 0) << 16;
  return new Float32Array(words.buffer);
}
