import type { FileMetaData } from 'hyparquet';
import { ArgumentError, present } from '../../errors.js';
import { volume } from '../../layers/cost/layer-cost.js';
import type { Shape } from '../../layers/factory.js';
import { type FloatFormat, FLOAT_FORMATS } from '../../weights/formats/float-format.js';
import { halfInto } from '../../weights/formats/half.js';
import { view } from '../../weights/formats/view.js';
import { loadParquetReader } from '../parquet-packages.js';
import { groupRows, MAKER, type TextColumn, VALUE_BYTES } from './parquet.js';
import { eachOf, type Run, stretchesOf } from './runs.js';
import { isSealed, placeOfSeal, type Slices } from './seal.js';

/** What a file notes about itself, besides what its kind adds. */
export interface TableNote {
  /** Of the file's bytes, with zeros in place of this. */
  readonly sha256: string;
  readonly version: 1;
  readonly rows: number;
  /** Shape of the features in a row. */
  readonly shape: Shape;
  readonly dtype: FloatFormat;
  /** Where the features of each group of rows begin in the file. */
  readonly begins: readonly number[];
}

/** A file that isn't a whole table of features that this package wrote. */
export class TornTable extends Error {}

/** Rows of features in a Parquet file. */
export interface FeatureTable {
  readonly note: TableNote & Readonly<Record<string, unknown>>;
  /** Whether no byte has changed since it was written. */
  isWhole(): Promise<boolean>;
  /** Passes on the texts of a column, in order. */
  texts(column: TextColumn, take: (text: string | null, row: number) => void): Promise<void>;
  /** Reads the features of consecutive rows. */
  values(from: number, count: number): Promise<Float32Array>;
  /** Reads the features of some rows, each run to its place in `into`. */
  pick(runs: readonly Run[], into: Float32Array): Promise<void>;
}

const ENDING = 'PAR1';
/** The length of the footer, and {@link ENDING}. */
const TRAILER_BYTES = 8;
/** More than a footer with the names of 100,000 skipped pictures. */
const MAX_FOOTER_BYTES = 2 ** 28;
/** Bytes between two rows that are read with them. */
const GAP_BYTES = 2 ** 17;
/** How many pieces of a file are read at a time. */
const READS = 16;

/** What the reader of Parquet throws of a damaged file has no name of its own. */
function toldAsTorn(error: unknown): never {
  const { code } = Object(error) as NodeJS.ErrnoException;
  if (error instanceof ArgumentError || code !== undefined) throw error;
  throw new TornTable('a damaged file');
}

function requireNote(value: unknown): asserts value is FeatureTable['note'] {
  const { version, rows, shape, dtype, begins } = Object(value) as Partial<TableNote>;
  const isCount = (each: unknown) => Number.isSafeInteger(each) && Number(each) >= 0;
  const fits =
    version === 1 &&
    isCount(rows) &&
    Array.isArray(shape) &&
    shape.length > 0 &&
    shape.every((size) => isCount(size) && Number(size) > 0) &&
    FLOAT_FORMATS.some((format) => format === dtype) &&
    Array.isArray(begins) &&
    begins.every(isCount) &&
    begins.length === Math.ceil(Number(rows) / groupRows(shape as Shape));
  if (!fits) throw new TornTable('a file of another version');
}

/**
 * Opens a file that a `TableWriter` wrote, by its end.
 *
 * @throws TornTable if it is another file, or incomplete
 */
export async function openTable(file: Slices): Promise<FeatureTable> {
  const trailer = await file.slice(Math.max(0, file.size - TRAILER_BYTES), file.size);
  const isParquet = Buffer.from(trailer.subarray(4)).toString('latin1') === ENDING;
  if (trailer.length < TRAILER_BYTES || !isParquet) throw new TornTable('an incomplete file');
  const length = view(trailer.slice(0, 4), Uint32Array)[0] ?? 0;
  const begin = file.size - TRAILER_BYTES - length;
  if (begin < 0 || length > MAX_FOOTER_BYTES) throw new TornTable('a damaged file');
  const footer = await file.slice(begin, file.size);
  const seal = placeOfSeal(footer);
  const copy = footer.slice();
  const { parquetMetadata, parquetRead } = await loadParquetReader();
  let metadata: FileMetaData;
  let note: unknown;
  try {
    metadata = parquetMetadata(copy.buffer);
    const own = metadata.key_value_metadata?.find(({ key }) => key === MAKER)?.value;
    note = own === undefined ? undefined : JSON.parse(own);
  } catch {
    throw new TornTable('a damaged file');
  }
  if (note === undefined || seal === undefined) throw new TornTable('another Parquet file');
  requireNote(note);
  const { rows, shape, dtype, begins } = note;
  if (Number(metadata.num_rows) !== rows) throw new TornTable('a damaged file');
  const [size, group] = [volume(shape), groupRows(shape)];
  const rowBytes = size * VALUE_BYTES[dtype];
  const buffer = {
    byteLength: file.size,
    slice: async (from: number, to: number = file.size) =>
      (await file.slice(from, to)).slice().buffer,
  };
  const pick = async (runs: readonly Run[], into: Float32Array): Promise<void> => {
    const stretches = stretchesOf(runs, group, Math.floor(GAP_BYTES / rowBytes));
    await eachOf(stretches, READS, async ({ from, count, runs: own }) => {
      const at = present(begins[Math.floor(from / group)], 'group') + (from % group) * rowBytes;
      const bytes = await file.slice(at, at + count * rowBytes);
      if (bytes.length < count * rowBytes) throw new TornTable('an incomplete file');
      for (const run of own) {
        const begin = (run.from - from) * rowBytes;
        const some = bytes.subarray(begin, begin + run.count * rowBytes);
        const to = run.to * size;
        if (dtype === 'float16') halfInto(view(some, Uint16Array), into, to);
        else into.set(view(some, Float32Array), to);
      }
    });
  };
  return {
    note,
    isWhole: () => isSealed(file, begin + seal),
    async texts(column, take) {
      for (let from = 0; from < rows; from += group) {
        const rowEnd = Math.min(rows, from + group);
        let found: unknown[][] = [];
        await parquetRead({
          ...{ file: buffer, metadata, columns: [column], rowStart: from, rowEnd },
          onComplete: (all) => {
            found = all;
          },
        }).catch(toldAsTorn);
        if (found.length !== rowEnd - from) throw new TornTable('a damaged file');
        for (const [i, [text]] of found.entries()) {
          if (typeof text !== 'string' && text !== null && text !== undefined) {
            throw new TornTable('a damaged file');
          }
          take(text ?? null, from + i);
        }
      }
    },
    async values(from, count) {
      const read = new Float32Array(count * size);
      await pick([{ from, count, to: 0 }], read);
      return read;
    },
    pick,
  };
}
