/**
 * The bytes as an array of `Type`: a view where they are aligned for it, else a copy. They have to be
 * little-endian, as every machine is that TensorFlow.js runs on.
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
