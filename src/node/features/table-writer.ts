import type { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { ArgumentError } from '../../errors.js';
import { volume } from '../../layers/cost/layer-cost.js';
import type { Shape } from '../../layers/factory.js';
import { figures } from '../../numbers.js';
import type { FloatFormat } from '../../weights/formats/float-format.js';
import { floatToHalf, LARGEST_HALF } from '../../weights/formats/to-half.js';
import { loadParquetWriter } from '../parquet-packages.js';
import type { Append } from '../write/file.js';
import { FEATURES, groupRows, MAKER, schemaOf, type TextColumn, VALUE_BYTES } from './parquet.js';
import { BLANK, Seal } from './seal.js';
import type { TableNote } from './table.js';

/** A row to write. */
export interface TableRow extends Readonly<Partial<Record<TextColumn, string | null>>> {
  readonly values: Float32Array;
}

/** The columns of a file. */
export interface TableForm {
  readonly texts: readonly TextColumn[];
  /** Shape of the features in a row. */
  readonly shape: Shape;
  readonly dtype: FloatFormat;
}

type Schema = ReturnType<typeof schemaOf>;

/** The smallest number that float16 has with full precision. */
const SMALLEST_HALF = 2 ** -14;

/** The bytes of each half-precision number; made on first use. */
let halves: readonly Uint8Array[] | undefined;

function toHalves(values: Float32Array): Uint8Array[] {
  halves ??= Array.from({ length: 0x10000 }, (_, bits) => Uint8Array.of(bits & 0xff, bits >> 8));
  const all = halves;
  return Array.from(floatToHalf(values), (bits) => all[bits] ?? new Uint8Array(2));
}

/** Writes rows of features to a Parquet file, a group at a time. */
export class TableWriter {
  private readonly seal = new Seal();
  private readonly most: number;
  private rows: TableRow[] = [];
  private count = 0;
  /** The largest value so far, which tells whether float16 can hold them. */
  private largest = 0;
  private readonly begins: number[] = [];

  private constructor(
    private readonly append: Append,
    private readonly writer: ByteWriter,
    private readonly parquet: ParquetWriter,
    private readonly schema: Schema,
    private readonly form: TableForm,
  ) {
    this.most = groupRows(form.shape);
  }

  static async open(append: Append, form: TableForm): Promise<TableWriter> {
    const { ByteWriter, ParquetWriter } = await loadParquetWriter();
    const writer = new ByteWriter();
    const schema = schemaOf(form.texts, form.dtype);
    const { texts, list, number } = schema;
    const root = { name: 'root', num_children: texts.length + 1 };
    const parquet = new ParquetWriter({
      ...{ writer, schema: [root, ...texts, ...list, number] },
      ...{ codec: 'UNCOMPRESSED', createdBy: MAKER, kvMetadata: [] },
    });
    return new TableWriter(append, writer, parquet, schema, form);
  }

  async add(row: TableRow): Promise<void> {
    this.rows.push(row);
    if (this.rows.length === this.most) await this.writeGroup();
  }

  /** Writes the rest and what is noted about the file. */
  async end(note: object = {}): Promise<void> {
    if (this.rows.length > 0) await this.writeGroup();
    const { shape, dtype } = this.form;
    if (dtype === 'float16') {
      this.requireScale();
      // Only now: the writer would convert each number by itself, which takes six times as long.
      Object.assign(this.schema.number, { logical_type: { type: 'FLOAT16' } });
    }
    const { count: rows, begins } = this;
    const about: TableNote = { sha256: BLANK, version: 1, rows, shape, dtype, begins, ...note };
    this.parquet.kvMetadata?.push({ key: MAKER, value: JSON.stringify(about) });
    await this.parquet.finish();
    const footer = this.taken();
    this.seal.put(footer);
    await this.append(footer);
  }

  private async writeGroup(): Promise<void> {
    const { rows } = this;
    const { shape, dtype, texts: columns } = this.form;
    this.rows = [];
    for (const { values } of rows) this.measure(values);
    const texts = columns.map((name) => ({
      ...{ name, data: rows.map((row) => row[name] ?? null) },
      // Their bounds would put pictures' names into the end of the file.
      statistics: false,
    }));
    const data = rows.map(({ values }) =>
      dtype === 'float16' ? toHalves(values) : Array.from(values),
    );
    await this.parquet.write({
      columnData: [
        ...texts,
        // Plain values in one page, which are the last bytes of the group: so any row can be read without the others.
        { name: FEATURES, data, encoding: 'PLAIN', statistics: false, offsetIndex: false },
      ],
      ...{ rowGroupSize: rows.length, pageSize: 0 },
    });
    const bytes = rows.length * volume(shape) * VALUE_BYTES[dtype];
    this.begins.push(this.writer.offset - bytes);
    this.count += rows.length;
    const group = this.taken();
    this.seal.add(group);
    await this.append(group);
  }

  /** The bytes since the last call. */
  private taken(): Uint8Array {
    const bytes = this.writer.getBytes().slice();
    this.writer.index = 0;
    return bytes;
  }

  private measure(values: Float32Array): void {
    for (const value of values) {
      const size = Math.abs(value);
      if (size > this.largest || Number.isNaN(size)) this.largest = size;
    }
    if (this.form.dtype === 'float16' && !(this.largest <= LARGEST_HALF)) this.requireScale();
  }

  /** @throws ArgumentError if float16 can't hold the values */
  private requireScale(): void {
    const { largest } = this;
    if (largest === 0 || (largest >= SMALLEST_HALF && largest <= LARGEST_HALF)) return;
    throw new ArgumentError(
      `dtype: expected a largest feature from ${figures(SMALLEST_HALF)} to ${LARGEST_HALF} in float16, got ${figures(largest)}; use float32`,
    );
  }
}
