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
  // Not slice(), which gives a view of a Buffer.
  const whole = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return new Type(whole.buffer, whole.byteOffset, whole.byteLength / size);
}
