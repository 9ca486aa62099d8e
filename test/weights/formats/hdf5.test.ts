import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lookup3 } from '../../../src/weights/formats/hdf5/checksum';
import { parseHdf5 } from '../../../src/weights/formats/hdf5';
import {
  chunked,
  contiguous,
  dataspace,
  FLOAT32,
  Hdf5Writer,
  type Message,
  pack,
} from '../../setup/hdf5-writer';

/** Files of scripts/goldens/weight_fixtures.py; a copy each, to be written to. */
const read = (name: string) =>
  new Uint8Array(readFileSync(join(__dirname, '../../goldens/weights', name)));

describe('parseHdf5', () => {
  it('copies nothing of what Keras wrote', async () => {
    const bytes = read('keras3.weights.h5');
    const { arrays } = await parseHdf5(bytes);
    expect(arrays.length).toBe(104);
    expect(arrays.filter(({ data }) => data.buffer !== bytes.buffer)).toEqual([]);
  });

  it('gives the same numbers where they are stored in other ways', async () => {
    const names = ['keras2-weights.h5', 'keras2-stored-otherwise.h5', 'keras2-libver-latest.h5'];
    const [straight, otherwise, latest] = await Promise.all(
      names.map((name) => parseHdf5(read(name))),
    );
    const facts = (file: typeof straight) =>
      file!.arrays.map(({ name, shape, data }) => [name, shape, [...data]]);
    expect(facts(otherwise)).toEqual(facts(straight));
    expect(facts(latest)).toEqual(facts(straight));
  });

  it('compares the checksums that a file carries', async () => {
    const sound = read('keras2-libver-latest.h5');
    // One bit in a group's link, in a chunk's deflated bytes, and in one that has a checksum of its own.
    const damages: [string, RegExp][] = [
      ['FHDB', /fractal heap at \d+ expected the checksum \d+, got \d+/],
      ['OHDR', /object header at \d+ expected the checksum \d+, got \d+/],
      ['FADB', /chunk index at \d+ expected the checksum \d+, got \d+/],
    ];
    for (const [signature, message] of damages) {
      const bytes = sound.slice();
      const at = Buffer.from(bytes).indexOf(signature);
      expect(at).toBeGreaterThan(0);
      bytes[at + 20]! ^= 1;
      await expect(parseHdf5(bytes)).rejects.toThrow(message);
    }
  });

  it('names what it does not read, and says nothing of damage', async () => {
    const file = (...messages: Message[]) => {
      const writer = new Hdf5Writer();
      const dataset = writer.object(dataspace(2), FLOAT32, ...messages);
      return writer.file(writer.group(['layer', writer.group(['kernel', dataset])]));
    };
    const lzf: Message = [0x0b, pack([2, 1], [1, 1], [32000, 2], [0, 2], [0, 2], [0, 2])];
    const virtual: Message = [0x08, pack([4, 1], [3, 1], [0, 12])];
    const old: Message = [0x08, pack([1, 1], [1, 1], [1, 1], [0, 5], [96, 8], [2, 4], [4, 4])];
    const growing: Message = [
      0x08,
      pack([4, 1], [2, 1], [0, 1], [2, 1], [1, 1], [1, 1], [4, 1], [4, 1], [0, 5], [96, 8]),
    ];
    const external: Message = [0x07, new Uint8Array(8)];
    const long: Message = [0x03, pack([0x11, 1], [0x1f20, 3], [16, 4], [0, 2], [80, 2], [0, 8])];
    const writer = new Hdf5Writer();
    const longDouble = writer.object(dataspace(2), long, contiguous(96, 32));
    const withChunk = new Hdf5Writer();
    const chunk = withChunk.add(new Uint8Array(8));
    const tree = withChunk.tree(1, 0, [[withChunk.chunkKey(8, [0]), chunk]]);
    const packed = withChunk.object(dataspace(2), FLOAT32, chunked(tree, 2), lzf);
    const files: [Uint8Array, string][] = [
      [
        withChunk.file(withChunk.group(['layer', withChunk.group(['kernel', packed])])),
        '"layer/kernel": a dataset has chunks compressed by lzf',
      ],
      [file(virtual), '"layer/kernel": a dataset is virtual'],
      [file(old), '"layer/kernel": a dataset has a layout of version 1'],
      [
        file(growing),
        '"layer/kernel": a dataset is resizable, with chunks in the layout of HDF5 1.10',
      ],
      [file(contiguous(96, 8), external), 'a dataset is stored in external files'],
      [
        writer.file(writer.group(['layer', writer.group(['kernel', longDouble])])),
        '"layer/kernel": a dataset has floating-point numbers of 128 bits in an unusual form',
      ],
    ];
    for (const [bytes, message] of files) {
      await expect(parseHdf5(bytes)).rejects.toThrow(
        `HDF5: ${message}, which is not supported; save the weights again with Keras`,
      );
    }
  });

  it('refuses two objects of one name in a group', async () => {
    const writer = new Hdf5Writer();
    const data = writer.add(new Uint8Array(8));
    const dataset = writer.object(dataspace(2), FLOAT32, contiguous(data, 8));
    const group = writer.group(['kernel', dataset], ['kernel', dataset]);
    await expect(parseHdf5(writer.file(writer.group(['layer', group])))).rejects.toThrow(
      'HDF5: expected one "kernel" in its group, got two',
    );
  });

  it('refuses a file that is shorter than it says', async () => {
    const bytes = read('keras2-weights.h5');
    await expect(parseHdf5(bytes.subarray(0, -1))).rejects.toThrow(
      'HDF5: expected 174280 bytes, got 174279',
    );
  });
});

describe('lookup3', () => {
  it('gives what its author says', () => {
    // Of lookup3.c's driver5, by hashlittle with initial value 0.
    expect(lookup3(new Uint8Array())).toBe(0xdeadbeef);
    expect(lookup3(new TextEncoder().encode('Four score and seven years ago'))).toBe(0x17770551);
  });
});
