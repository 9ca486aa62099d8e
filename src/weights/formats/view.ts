/**
 * Returns the bytes as an array of `Type`: a view if they are aligned, otherwise a copy. They must be little-endian, like every
 * machine that TensorFlow.js runs on.
 */
export function view<A>(
  bytes: Uint8Array,
  Type: {
    new (buffer: ArrayBufferLike, offset: number, length: number): A;
    BYTES_PER_ELEMENT: number;
  },
): A {
  const { BYTES_PER_ELEMENT: size } = Type;
  const whole = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  return new Type(whole.buffer, whole.byteOffset, whole.byteLength / size);
}
