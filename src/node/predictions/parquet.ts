import type { ClassifiedFile } from '../../classifier/classified-file.js';
import { loadParquetWriter } from '../parquet-packages.js';
import type { Append } from '../write/file.js';
import type { Column } from './columns.js';

/** What a .parquet file names as its writer. */
const MAKER = 'resnet-heads';

/** Values that are held until they are written as a group of rows, about; fewer rows compress badly. */
const GROUP_VALUES = 2 ** 16;
const LEAST_ROWS = 1024;

/** Writes a .parquet file, one group of rows after the other. */
export async function writeParquet(
  answers: AsyncIterable<ClassifiedFile>,
  columns: readonly Column[],
  append: Append,
): Promise<void> {
  const { ByteWriter, parquetWriteRows } = await loadParquetWriter();
  const writer = new ByteWriter();
  const flush = async () => {
    const bytes = writer.getBytes().slice();
    writer.index = 0;
    await append(bytes);
  };
  async function* rows() {
    for await (const answer of answers) {
      yield Object.fromEntries(columns.map(({ name, of }) => [name, of(answer)]));
    }
  }
  await parquetWriteRows({
    writer: Object.assign(writer, { flush, finish: flush }),
    rows: rows(),
    columns: columns.map(({ name, type }) => ({ name, type })),
    rowGroupSize: Math.max(LEAST_ROWS, Math.floor(GROUP_VALUES / columns.length)),
    createdBy: MAKER,
  });
}
