import { volume } from '../../../layers/cost/layer-cost.js';
import type { Shape } from '../../../layers/factory.js';
import { damaged, unsupported } from './failure.js';
import type { Cursor } from './file.js';
import { type Filter, readFilters } from './filters.js';
import { MESSAGE, type Messages } from './object.js';

/** A supported floating-point type. */
export interface FloatType {
  readonly bytes: 2 | 4 | 8;
  readonly bigEndian: boolean;
  /** True for bfloat16. */
  readonly brain: boolean;
}

/** How the chunks of a dataset are found. */
export type ChunkIndex =
  | { readonly kind: 'tree' | 'implicit' | 'fixed'; readonly address: number | undefined }
  | {
      readonly kind: 'single';
      readonly address: number | undefined;
      readonly bytes?: number;
      readonly filterMask: number;
    };

/** Where the bytes of a dataset are. */
export type Layout =
  | { readonly kind: 'compact'; readonly bytes: Uint8Array }
  | { readonly kind: 'contiguous'; readonly address: number | undefined; readonly bytes: number }
  | { readonly kind: 'chunked'; readonly shape: Shape; readonly index: ChunkIndex };

/** A dataset's header, whose parts are parsed on demand. */
export interface Dataset {
  readonly shape: () => Shape;
  /** Undefined if it doesn't hold floating-point numbers. */
  readonly type: () => FloatType | undefined;
  readonly layout: () => Layout;
  readonly filters: () => readonly Filter[];
}

/** TensorFlow.js's limit. */
const MAX_RANK = 6;

/** Extent of a dataset (IV.A.2.b). */
function readShape(space: Cursor): Shape {
  const version = space.expectVersion(1, 2);
  const rank = space.uint(1);
  if (rank > MAX_RANK) throw unsupported(`a dataset has ${rank} dimensions`);
  space.skip(1);
  // Like a scalar, a null dataspace has no dimensions, but it holds no numbers.
  const isNull = version === 2 ? space.uint(1) === 2 : (space.skip(5), false);
  if (isNull) return [0];
  const shape = Array.from({ length: rank }, () => space.uint(8));
  if (!Number.isSafeInteger(volume(shape) * 8)) {
    throw damaged(`a dataset expected a size that a file can have, got [${shape.join(', ')}]`);
  }
  return shape;
}

const FLOAT_CLASS = 1;
/** IEEE 754's types and bfloat16, by total bits, exponent's position and size, mantissa's position and size, and bias. */
const FLOATS = {
  '16,10,5,0,10,15': { bytes: 2, brain: false },
  '16,7,8,0,7,127': { bytes: 2, brain: true },
  '32,23,8,0,23,127': { bytes: 4, brain: false },
  '64,52,11,0,52,1023': { bytes: 8, brain: false },
} as const;

/** Type of a dataset's elements (IV.A.2.d). */
function readType(type: Cursor): FloatType | undefined {
  if ((type.uint(1) & 0x0f) !== FLOAT_CLASS) return undefined;
  const bits = type.uint(3);
  const size = type.uint(4);
  const offset = type.uint(2);
  const precision = type.uint(2);
  const fields = [precision, ...Array.from({ length: 4 }, () => type.uint(1)), type.uint(4)];
  const float = Object.entries(FLOATS).find(([key]) => key === fields.join())?.[1];
  if (float?.bytes !== size || offset !== 0) {
    throw unsupported(
      `a dataset has floating-point numbers of ${8 * size} bits in an unusual form`,
    );
  }
  return { ...float, bigEndian: (bits & 0x01) !== 0 };
}

const COMPACT = 0;
const CONTIGUOUS = 1;
const CHUNKED = 2;
const SINGLE_FILTERED = 0x02;
const UNFILTERED_EDGES = 0x01;

/** Layout of a dataset (IV.A.2.i). */
function readLayout(layout: Cursor): Layout {
  const version = layout.uint(1);
  if (version < 3 || version > 5) {
    throw unsupported(`a dataset has a layout of version ${version}`);
  }
  const kind = layout.uint(1);
  if (kind === COMPACT) return { kind: 'compact', bytes: layout.bytes(layout.uint(2)) };
  if (kind === CONTIGUOUS) {
    return { kind: 'contiguous', address: layout.address(), bytes: layout.uint(8) };
  }
  if (kind !== CHUNKED) throw unsupported('a dataset is virtual');
  return version === 3 ? readChunkLayout(layout) : readIndexedLayout(layout);
}

/** The element's size comes after the chunk's. */
const chunkShape = (layout: Cursor, rank: number, bytes: number): Shape =>
  Array.from({ length: rank }, () => layout.uint(bytes)).slice(0, -1);

function readChunkLayout(layout: Cursor): Layout {
  const rank = layout.uint(1);
  const address = layout.address();
  return { kind: 'chunked', shape: chunkShape(layout, rank, 4), index: { kind: 'tree', address } };
}

/** The layout of HDF5 1.10 and later. */
function readIndexedLayout(layout: Cursor): Layout {
  const flags = layout.uint(1);
  const rank = layout.uint(1);
  const shape = chunkShape(layout, rank, layout.uint(1));
  if (flags & UNFILTERED_EDGES) throw unsupported('a dataset has unfiltered chunks at its edges');
  const type = layout.uint(1);
  if (type === 1) {
    const filtered = (flags & SINGLE_FILTERED) !== 0;
    const bytes = filtered ? { bytes: layout.uint(8) } : {};
    const filterMask = filtered ? layout.uint(4) : 0;
    const index = { kind: 'single', ...bytes, filterMask, address: layout.address() } as const;
    return { kind: 'chunked', shape, index };
  }
  if (type === 2) {
    return { kind: 'chunked', shape, index: { kind: 'implicit', address: layout.address() } };
  }
  if (type === 3) {
    layout.skip(1);
    return { kind: 'chunked', shape, index: { kind: 'fixed', address: layout.address() } };
  }
  throw unsupported('a dataset is resizable, with chunks in the layout of HDF5 1.10');
}

/** Reads a dataset's header; undefined if the object isn't a dataset. */
export function readDataset(messages: Messages): Dataset | undefined {
  const { dataspace, datatype, layout } = MESSAGE;
  if (![dataspace, datatype, layout].every((type) => messages.has(type))) return undefined;
  if (messages.has(MESSAGE.external)) throw unsupported('a dataset is stored in external files');
  return {
    shape: () => readShape(messages.one(dataspace, 'dataspace')),
    type: () => readType(messages.one(datatype, 'datatype')),
    layout: () => readLayout(messages.one(layout, 'layout')),
    filters: () => messages.all(MESSAGE.filters).flatMap(readFilters),
  };
}
