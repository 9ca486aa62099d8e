import { deflateSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { chunked, contiguous, dataspace, DEFLATE, FLOAT32, Hdf5Writer, pack } from './hdf5-writer';

/*
 * Weight files that are made to take all time or memory, as small as their authors could make them.
 */

/** A file of one dataset of these extents, whose chunks are found by what `tree` writes. */
function chunkedFile(
  shape: readonly number[],
  chunk: readonly number[],
  tree: (file: Hdf5Writer) => number,
  deflated = false,
): Uint8Array {
  const file = new Hdf5Writer();
  const layout = chunked(tree(file), ...chunk);
  const filters = deflated ? [DEFLATE] : [];
  const dataset = file.object(dataspace(...shape), FLOAT32, layout, ...filters);
  return file.file(file.group(['layer', file.group(['kernel', dataset])]));
}

/** Each node leads so many times to the same one below. */
function fanOut(type: 0 | 1, file: Hdf5Writer, leaf: number, width: number, depth: number): number {
  const key = type === 0 ? new Uint8Array(8) : file.chunkKey(4, [0]);
  let node = leaf;
  for (let level = type === 0 ? 0 : 1; level < depth; level++) {
    const child = node;
    node = file.tree(
      type,
      level,
      Array.from({ length: width }, () => [key, child] as const),
    );
  }
  return node;
}

export function fanOutOfGroups(width = 32, depth = 10): Uint8Array {
  const file = new Hdf5Writer();
  const { leaf, heap } = file.symbols(['layer', 0]);
  return file.file(file.groupOver(fanOut(0, file, leaf, width, depth), heap));
}

export const fanOutOfChunks = (width = 32, depth = 10) =>
  chunkedFile([4], [1], (file) =>
    fanOut(1, file, file.tree(1, 0, [[file.chunkKey(4, [0]), 96]]), width, depth),
  );

/** By default 34 kB of deflate that unpack to 35 MB, in a dataset that says so or says less. */
export function deflateBomb(elements = 8_750_000, told = elements): Uint8Array {
  const packed = new Uint8Array(deflateSync(new Uint8Array(4 * elements), { level: 9 }));
  return chunkedFile(
    [told],
    [told],
    (file) => {
      const at = file.add(packed);
      return file.tree(1, 0, [[file.chunkKey(packed.length, [0]), at]]);
    },
    true,
  );
}

/** By default chunks of 2^31 numbers each in a dataset of few. */
export const hugeChunks = (shape = [8, 8], chunk = [2 ** 31, 1]) =>
  chunkedFile(shape, chunk, (file) =>
    file.tree(
      1,
      0,
      Array.from({ length: 500 }, () => [file.chunkKey(64, [0, 0]), 96] as const),
    ),
  );

/** A dataset of chunks of one number. */
export const tinyChunks = (elements = 1_000_000) =>
  chunkedFile([elements], [1], (file) => file.tree(1, 0, [[file.chunkKey(4, [0]), 96]]));

/** Objects that are each other's groups. */
export function cycle(): Uint8Array {
  const file = new Hdf5Writer();
  const { leaf, heap } = file.symbols(['again', file.next + 0]);
  const tree = file.tree(0, 0, [[new Uint8Array(8), leaf]]);
  const root = file.groupOver(tree, heap);
  const bytes = file.file(root);
  new DataView(bytes.buffer).setBigUint64(leaf + 8 + 8, BigInt(root), true);
  return bytes;
}

/** A dataset of 100 kB under so many names. */
export function sharedDataset(names = 3000): Uint8Array {
  const file = new Hdf5Writer();
  const elements = 25_000;
  const data = file.add(new Uint8Array(4 * elements));
  const dataset = file.object(dataspace(elements), FLOAT32, contiguous(data, 4 * elements));
  const links = Array.from({ length: names }, (_, i) => [`kernel${i}`, dataset] as const);
  return file.file(file.group(['layer', file.group(...links)]));
}

/** A zip archive whose directory names one stored member so many times. */
export function repeatedMember(times = 65_000): Uint8Array {
  const files = { 'config.json': new Uint8Array(10), 'model.weights.h5': new Uint8Array(64_000) };
  const whole = zipSync(files, { level: 0 });
  const end = whole.length - 22;
  const directory = new DataView(whole.buffer).getUint32(end + 16, true);
  const entry = whole.subarray(directory + 46 + 'config.json'.length, end);
  const copies = Buffer.concat(Array<Uint8Array>(times - 1).fill(entry));
  const tail = pack(
    [0x06054b50, 4],
    [0, 4],
    [times + 1, 2],
    [times + 1, 2],
    [copies.length, 4],
    [directory, 4],
    [0, 2],
  );
  return new Uint8Array(Buffer.concat([whole.subarray(0, end), copies, tail]));
}

/** A configuration of 20 MB in an archive of 20 kB. */
export const largeConfig = (bytes = 20_000_000) =>
  zipSync({
    'config.json': new Uint8Array(bytes).fill(0x5b),
    'model.weights.h5': new Uint8Array(8),
  });

/** A safetensors header with so many lists in each other. */
export const deep = (prefix: string, depth = 200_000): Uint8Array => {
  const text = new TextEncoder().encode(
    `{"x":{${prefix}${'['.repeat(depth)}${']'.repeat(depth)}}}`,
  );
  return pack([text.length, 8], text);
};

/** Symbols whose names begin one letter after another in one long text, each a megabyte if it were read to its end. */
export function overlappingNames(count = 60_000): Uint8Array {
  const file = new Hdf5Writer();
  const names = 1_000_000;
  const segment = file.add(new Uint8Array(names).fill(0x61), [0, 8]);
  const heap = file.add('HEAP', [0, 4], [names + 8, 8], [0, 8], [segment, 8]);
  const symbols = Array.from({ length: count }, (_, i) => pack([i, 8], [0, 8], [0, 24]));
  const leaf = file.add('SNOD', [1, 2], [count, 2], new Uint8Array(Buffer.concat(symbols)));
  return file.file(file.groupOver(file.tree(0, 0, [[new Uint8Array(8), leaf]]), heap));
}

/** A header that has so many messages of one type. */
export function repeatedMessage(count = 60_000): Uint8Array {
  const file = new Hdf5Writer();
  const shape = dataspace(1);
  const dataset = file.object(...Array.from({ length: count }, () => shape));
  return file.file(file.group(['kernel', dataset]));
}
