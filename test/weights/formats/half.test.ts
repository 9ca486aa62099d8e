import { floatToHalf } from '../../../src/weights/formats/to-half';
import { halfToFloat } from '../../../src/weights/formats/half';

const half = (value: number): number => halfToFloat(floatToHalf(Float32Array.of(value)))[0]!;

describe('floatToHalf', () => {
  it('gives back every half-precision number', () => {
    const bits = Uint16Array.from({ length: 0x10000 }, (_, i) => i);
    const back = floatToHalf(halfToFloat(bits));
    const isNaN16 = (i: number) => (i & 0x7c00) === 0x7c00 && (i & 0x3ff) !== 0;
    expect(back.filter((found, i) => found !== bits[i] && !isNaN16(i))).toHaveLength(0);
    expect(half(NaN)).toBeNaN();
  });

  // From the definition of binary16: 11 bits of precision, subnormals of 2⁻²⁴.
  it.each([
    [2049, 2048],
    [2051, 2052],
    [1 + 2 ** -11, 1],
    [1 + 3 * 2 ** -11, 1 + 2 ** -9],
    [-(1 + 2 ** -11 + 2 ** -20), -(1 + 2 ** -10)],
    [65519, 65504],
    [65520, Infinity],
    [-1e9, -Infinity],
    [2 ** -24, 2 ** -24],
    [2 ** -25, 0],
    [1.5 * 2 ** -24, 2 ** -23],
    [2 ** -14 - 2 ** -26, 2 ** -14],
  ])('rounds %d to %d, halves to even', (value, expected) => {
    expect(half(value)).toBe(expected);
  });
});
