/** A picture that is decoded only when it is needed. */
export interface Picture {
  /** What a person would call it: a path, or its number in a collection. */
  readonly name: string;
  /** Index into the classes. */
  readonly label: number;
  /** Height × width × 3 values from 0 to 255, row by row. */
  readonly decode: (height: number, width: number) => Promise<Uint8Array | Float32Array>;
}

/** Pictures to train on, and others that training never sees. */
export interface PictureSet {
  readonly title: string;
  readonly classes: readonly string[];
  readonly train: readonly Picture[];
  readonly unseen: readonly Picture[];
}

/** One in so many pictures is kept from training where nobody has split them. */
const HELD_OUT = 5;

/** Parts a class's pictures, always in the same way. */
export function holdOut<T>(pictures: readonly T[]): { train: T[]; unseen: T[] } {
  const isUnseen = (_: T, index: number) => index % HELD_OUT === HELD_OUT - 1;
  return {
    train: pictures.filter((picture, index) => !isUnseen(picture, index)),
    unseen: pictures.filter(isUnseen),
  };
}
