/** The part of a file that is wanted. */
export interface Piece {
  readonly from: number;
  /** @default its end */
  readonly to?: number | undefined;
  /** Of the file that an earlier part came from. */
  readonly validator: string | undefined;
}

/** A part of a file that arrives. */
export interface Opened {
  /** Where it begins: at 0 if the server doesn't give parts. */
  readonly from: number;
  /** Where it ends in the file; undefined if the server doesn't say. */
  readonly total: number | undefined;
  readonly validator: string | undefined;
  readonly body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}
