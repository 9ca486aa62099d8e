import { show } from '../../errors.js';
import { volume } from '../../layers/cost/layer-cost.js';
import type { Shape } from '../../layers/factory.js';
import { WeightsError } from '../errors.js';
import { bfloatToFloat, halfToFloat } from './half.js';
import type { NamedArray, WeightFile } from './named-array.js';
import { view } from './view.js';

/** A file begins with the header's length, a little-endian 64-bit integer. */
const PREFIX_BYTES = 8;
/** ResNet-152's has 60 kB. Parsing a hostile one takes fifty times its size in memory, and a second for 3 MB. */
export const MAX_HEADER_BYTES = 12_000_000;
/** Most characters of a string that an error message shows. */
const SHOWN = 60;
/** TensorFlow.js's limit; it also keeps the product of hostile sizes exact. */
const MAX_RANK = 6;

const BYTES_BY_DTYPE: Readonly<Record<string, number>> = {
  ...{ BOOL: 1, U8: 1, I8: 1, F8_E4M3: 1, F8_E5M2: 1 },
  ...{ U16: 2, I16: 2, F16: 2, BF16: 2, U32: 4, I32: 4, F32: 4, U64: 8, I64: 8, F64: 8 },
};

const READERS: Readonly<Record<string, (bytes: Uint8Array) => Float32Array>> = {
  F64: (bytes) => new Float32Array(view(bytes, Float64Array)),
  F32: (bytes) => view(bytes, Float32Array),
  F16: (bytes) => halfToFloat(view(bytes, Uint16Array)),
  BF16: (bytes) => bfloatToFloat(view(bytes, Uint16Array)),
};

/** Where an array is in a file. */
export interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: Shape;
  /** First byte and the one after the last, counted from the end of the header. */
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly entries: readonly Entry[];
  readonly metadata: Readonly<Record<string, string>> | undefined;
  /** Position of the first byte after it. */
  readonly end: number;
}

/** A violation of the format; {@link parseSafetensors} adds the rest of the message. */
class FormatError extends Error {}

function fail(what: string): never {
  throw new FormatError(what);
}

/** Shows a value from a header, which may be of any length. */
const shown = (value: unknown): string =>
  show(typeof value === 'string' ? value.slice(0, SHOWN) : value);

const isSize = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;

function parseEntry(name: string, value: unknown, dataBytes: number): Entry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  if (typeof dtype !== 'string' || !Object.hasOwn(BYTES_BY_DTYPE, dtype)) {
    return fail(`${shown(name)} expected a known dtype, got ${shown(dtype)}`);
  }
  if (!Array.isArray(shape) || shape.length > MAX_RANK || !shape.every(isSize)) {
    return fail(`${shown(name)} expected a shape of up to ${MAX_RANK} sizes, got ${shown(shape)}`);
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    return fail(`${shown(name)} expected two data_offsets, got ${shown(offsets)}`);
  }
  const [begin = 0, end = 0] = offsets;
  const expected = volume(shape) * (BYTES_BY_DTYPE[dtype] ?? NaN);
  if (end - begin !== expected || end > dataBytes) {
    return fail(
      `${shown(name)} expected ${expected} bytes within data of ${dataBytes}, got ${begin} to ${end}`,
    );
  }
  return { name, dtype, shape, begin, end };
}

/** The format requires that tensors follow each other without gaps or overlaps, and fill the file. */
function requireContiguous(entries: readonly Entry[], dataBytes: number): void {
  let position = 0;
  for (const { name, begin, end } of [...entries].sort(
    (a, b) => a.begin - b.begin || a.end - b.end,
  )) {
    if (begin !== position) fail(`${shown(name)} expected to begin at ${position}, got ${begin}`);
    position = end;
  }
  if (position !== dataBytes) fail(`expected ${position} bytes of data, got ${dataBytes}`);
}

function parseHeader(text: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text));
  } catch {
    fail('expected a JSON header, got something else');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    fail('expected a header that is a JSON object, got something else');
  }
  return header as Record<string, unknown>;
}

const isTexts = (value: unknown): value is Readonly<Record<string, string>> =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every((each) => typeof each === 'string');

/**
 * Parses a safetensors file. F64, F32, F16 and BF16 are read as single precision.
 *
 * The whole header is checked before any data is read.
 *
 * @param subject name of the file in error messages
 * @throws WeightsError if the bytes violate the format
 */
export function parseSafetensors(bytes: Uint8Array, subject = 'safetensors'): WeightFile {
  return told(subject, () => parse(bytes));
}

/** Adds the file's name to violations of the format. */
function told<T>(subject: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new WeightsError(`${subject}: ${error.message}; the file is damaged, or not safetensors`);
  }
}

/** The position of the first byte after the header, from the beginning of a file of this size. */
function endOfHeader(bytes: Uint8Array, fileBytes: number): number {
  if (bytes.byteLength < PREFIX_BYTES) fail(`expected 8 bytes or more, got ${bytes.byteLength}`);
  const prefix = new DataView(bytes.buffer, bytes.byteOffset, PREFIX_BYTES);
  const headerBytes = Number(prefix.getBigUint64(0, true));
  const limit = Math.min(MAX_HEADER_BYTES, fileBytes - PREFIX_BYTES);
  if (headerBytes > limit) fail(`expected a header of at most ${limit} bytes, got ${headerBytes}`);
  return PREFIX_BYTES + headerBytes;
}

function headerOf(bytes: Uint8Array, fileBytes: number): Header {
  const end = endOfHeader(bytes, fileBytes);
  const dataBytes = fileBytes - end;
  const { __metadata__: metadata, ...arrays } = parseHeader(bytes.subarray(PREFIX_BYTES, end));
  const entries = Object.entries(arrays).map(([name, value]) => parseEntry(name, value, dataBytes));
  requireContiguous(entries, dataBytes);
  return { entries, metadata: isTexts(metadata) ? metadata : undefined, end };
}

/**
 * Reads and checks the header of a file of which only parts are read.
 *
 * @param read reads the bytes from 0 to a position
 * @param fileBytes size of the whole file
 * @throws WeightsError as {@link parseSafetensors}
 */
export async function readSafetensorsHeader(
  read: (end: number) => Promise<Uint8Array>,
  fileBytes: number,
  subject: string,
): Promise<Header> {
  const prefix = await read(PREFIX_BYTES);
  const end = told(subject, () => endOfHeader(prefix, fileBytes));
  const bytes = await read(end);
  return told(subject, () => headerOf(bytes, fileBytes));
}

function parse(bytes: Uint8Array): WeightFile {
  const { entries, metadata, end: start } = headerOf(bytes, bytes.byteLength);
  const data = bytes.subarray(start);
  const arrays: NamedArray[] = [];
  const skipped: string[] = [];
  for (const { name, dtype, shape, begin, end } of entries) {
    const read = READERS[dtype];
    if (read === undefined) skipped.push(name);
    else arrays.push({ name, shape, data: read(data.subarray(begin, end)) });
  }
  return { format: 'safetensors', arrays, skipped, ...(metadata && { metadata }) };
}
