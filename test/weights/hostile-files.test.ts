import { deflateSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { loadWeights } from 'resnet-heads';
import {
  chunked,
  contiguous,
  dataspace,
  DEFLATE,
  FLOAT32,
  Hdf5Writer,
  pack,
} from '../setup/hdf5-writer';
import { expectNoLeak } from '../setup/memory';
import { miniClassifier, numbers } from '../setup/mini-resnet';

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

/** Each node leads 32 times to the same one below: 32^10 leaves. */
function fanOut(type: 0 | 1, file: Hdf5Writer, leaf: number): number {
  const key = type === 0 ? new Uint8Array(8) : file.chunkKey(4, [0]);
  let node = leaf;
  for (let level = type === 0 ? 0 : 1; level < 10; level++) {
    const child = node;
    node = file.tree(
      type,
      level,
      Array.from({ length: 32 }, () => [key, child] as const),
    );
  }
  return node;
}

function fanOutOfGroups(): Uint8Array {
  const file = new Hdf5Writer();
  const { leaf, heap } = file.symbols(['layer', 0]);
  return file.file(file.groupOver(fanOut(0, file, leaf), heap));
}

const fanOutOfChunks = () =>
  chunkedFile([4], [1], (file) => fanOut(1, file, file.tree(1, 0, [[file.chunkKey(4, [0]), 96]])));

/** 34 kB of deflate that unpack to 35 MB, in a dataset that says so. */
function deflateBomb(): Uint8Array {
  const elements = 8_750_000;
  const packed = new Uint8Array(deflateSync(new Uint8Array(4 * elements), { level: 9 }));
  return chunkedFile(
    [elements],
    [elements],
    (file) => {
      const at = file.add(packed);
      return file.tree(1, 0, [[file.chunkKey(packed.length, [0]), at]]);
    },
    true,
  );
}

/** Chunks of 2^31 numbers each in a dataset of few. */
const hugeChunks = () =>
  chunkedFile([8, 8], [2 ** 31, 1], (file) =>
    file.tree(
      1,
      0,
      Array.from({ length: 500 }, () => [file.chunkKey(64, [0, 0]), 96] as const),
    ),
  );

const tinyChunks = () =>
  chunkedFile([1_000_000], [1], (file) => file.tree(1, 0, [[file.chunkKey(4, [0]), 96]]));

/** Objects that are each other's groups. */
function cycle(): Uint8Array {
  const file = new Hdf5Writer();
  const { leaf, heap } = file.symbols(['again', file.next + 0]);
  const tree = file.tree(0, 0, [[new Uint8Array(8), leaf]]);
  const root = file.groupOver(tree, heap);
  const bytes = file.file(root);
  new DataView(bytes.buffer).setBigUint64(leaf + 8 + 8, BigInt(root), true);
  return bytes;
}

/** A dataset of 100 kB under 3,000 names. */
function sharedDataset(): Uint8Array {
  const file = new Hdf5Writer();
  const elements = 25_000;
  const data = file.add(new Uint8Array(4 * elements));
  const dataset = file.object(dataspace(elements), FLOAT32, contiguous(data, 4 * elements));
  const links = Array.from({ length: 3000 }, (_, i) => [`kernel${i}`, dataset] as const);
  return file.file(file.group(['layer', file.group(...links)]));
}

/** A zip archive whose directory names one stored member 65,000 times. */
function repeatedMember(): Uint8Array {
  const files = { 'config.json': new Uint8Array(10), 'model.weights.h5': new Uint8Array(1000) };
  const whole = zipSync(files, { level: 0 });
  const end = whole.length - 22;
  const directory = new DataView(whole.buffer).getUint32(end + 16, true);
  const entry = whole.subarray(directory + 46 + 'config.json'.length, end);
  const copies = Buffer.concat(Array<Uint8Array>(64_999).fill(entry));
  const tail = pack(
    [0x06054b50, 4],
    [0, 4],
    [65_001, 2],
    [65_001, 2],
    [copies.length, 4],
    [directory, 4],
    [0, 2],
  );
  return new Uint8Array(Buffer.concat([whole.subarray(0, end), copies, tail]));
}

/** A configuration of 20 MB in an archive of 20 kB. */
const largeConfig = () =>
  zipSync({
    'config.json': new Uint8Array(20_000_000).fill(0x5b),
    'model.weights.h5': new Uint8Array(8),
  });

const deep = (prefix: string): Uint8Array => {
  const depth = 200_000;
  const text = new TextEncoder().encode(
    `{"x":{${prefix}${'['.repeat(depth)}${']'.repeat(depth)}}}`,
  );
  return pack([text.length, 8], text);
};

describe('a file that is made to do harm', () => {
  it.each<[string, () => Uint8Array, string]>([
    ['groups of 32^10 leaves', fanOutOfGroups, 'HDF5: '],
    ['chunks of 32^9 leaves', fanOutOfChunks, 'HDF5: '],
    ['34 kB of deflate', deflateBomb, 'weights: "layer/kernel": expected numbers of at most'],
    ['chunks of 2^31 numbers', hugeChunks, 'weights: "layer/kernel": expected numbers of at most'],
    ['a million chunks', tinyChunks, 'weights: "layer/kernel": expected chunks of some kilobytes'],
    ['groups within each other', cycle, 'HDF5: expected at most 32 groups within each other'],
    ['one dataset under 3,000 names', sharedDataset, 'expected numbers of at most'],
    [
      '65,000 entries on one member',
      repeatedMember,
      '.keras archive: expected one model.weights.h5',
    ],
    ['a large configuration', largeConfig, '.keras archive: "config.json" expected at most'],
    [
      'a dtype 200,000 lists deep',
      () => deep('"dtype":'),
      'safetensors: "x" expected a known dtype',
    ],
    [
      'a shape 200,000 lists deep',
      () => deep('"dtype":"F32","shape":'),
      'safetensors: "x" expected a shape',
    ],
    [
      'offsets 200,000 lists deep',
      () => deep('"dtype":"F32","shape":[1],"data_offsets":'),
      'safetensors: "x" expected two data_offsets',
    ],
  ])('is refused, and leaves the model as it was: %s', async (_, make, message) => {
    const bytes = make();
    await expectNoLeak(async () => {
      const model = miniClassifier();
      const before = numbers(model);
      await expect(loadWeights(model, bytes)).rejects.toMatchObject({
        name: 'WeightsError',
        message: expect.stringContaining(message) as string,
      });
      expect(numbers(model)).toEqual(before);
      model.dispose();
    });
  });
});
