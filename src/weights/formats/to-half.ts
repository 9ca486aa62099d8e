import { ArgumentError } from '../../errors.js';
import { HALF_BIAS, HALF_EXPONENT_BITS, HALF_SIGN } from './half.js';

/** The largest finite half-precision number. */
export const LARGEST_HALF = 65504;

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
