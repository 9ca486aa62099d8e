import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { toKerasNames } from '../../../src/weights/keras-names';
import { parseWeights } from '../../../src/weights/formats/parse';
import { parseSafetensors } from '../../../src/weights/formats/safetensors';
import { writeSafetensors } from '../../../src/weights/formats/write-safetensors';
import { contiguous, dataspace, FLOAT32, Hdf5Writer, pack } from '../../setup/hdf5-writer';

const read = (name: string) =>
  new Uint8Array(readFileSync(join(__dirname, '../../goldens/weights', name)));
const text = (...lines: string[]) => new TextEncoder().encode(lines.join('\n'));

describe('parseWeights names what it does not read', () => {
  it.each<[string, Uint8Array, string]>([
    [
      'a checkpoint of PyTorch since 1.6',
      zipSync({ 'resnet50/data.pkl': new Uint8Array(9), 'resnet50/data/0': new Uint8Array(9) }),
      'got a zip archive with a pickle, as written by torch.save(); in Python, save it as safetensors: ',
    ],
    [
      'a pointer of Git LFS',
      text('version https://git-lfs.github.com/spec/v1', 'oid sha256:4d7a', 'size 12345', ''),
      'this is a Git LFS pointer, not the file itself: download the file with `git lfs pull`',
    ],
    [
      'an index of safetensors without its files',
      text('{"metadata": {}, "weight_map": {"a": "model-00001-of-00001.safetensors"}}'),
      'expected a weight file, got an index of 1 safetensors files; load the index by its path or URL',
    ],
    [
      'a model.json of TensorFlow.js',
      text('{"modelTopology": {}, "weightsManifest": []}'),
      'if it is the model.json of a TensorFlow.js model, load it',
    ],
    ['a web page', text('<html></html>'), 'this looks like a web page'],
    [
      'HDF5 with a user block',
      pack(new Uint8Array(512), read('keras2-notop.h5').subarray(0, 1000)),
      'this is HDF5 with a user block, which is not supported',
    ],
    [
      'a zip archive of other things',
      zipSync({ a: new Uint8Array(1) }),
      'expected config.json in it, got a; ',
    ],
  ])('%s', async (_, bytes, message) => {
    await expect(parseWeights(bytes)).rejects.toMatchObject({
      name: 'WeightsError',
      message: expect.stringContaining(message) as string,
    });
  });
});

describe('a .keras archive', () => {
  const sound = read('keras3.keras');
  /** Where each member's entry in the directory is. */
  const members = (bytes = sound) => {
    const view = new DataView(bytes.buffer);
    let at = view.getUint32(bytes.length - 6, true);
    const found = new Map<string, number>();
    while (view.getUint32(at, true) === 0x02014b50) {
      const length = view.getUint16(at + 28, true);
      found.set(Buffer.from(bytes).toString('latin1', at + 46, at + 46 + length), at);
      at += 46 + length + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    }
    return found;
  };

  it.each(['config.json', 'model.weights.h5'])(
    'whose %s has another checksum than the directory says is refused',
    async (name) => {
      const bytes = sound.slice();
      const entry = members().get(name)!;
      const at = new DataView(bytes.buffer).getUint32(entry + 42, true);
      // A byte of data, far enough into it.
      bytes[at + 5000]! ^= 1;
      await expect(parseWeights(bytes)).rejects.toThrow(
        new RegExp(
          `^zip archive: "${name}" expected \\d+ bytes with the CRC-32 [0-9a-f]{8}, got \\d+ with `,
        ),
      );
    },
  );

  it('may be deflated, and is held to its checksum as well', async () => {
    const view = new DataView(sound.buffer);
    const files = Object.fromEntries(
      [...members()].map(([name, entry]) => {
        const [at, size] = [view.getUint32(entry + 42, true), view.getUint32(entry + 24, true)];
        const begin = at + 30 + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
        return [name, sound.slice(begin, begin + size)];
      }),
    );
    const packed = zipSync(files, { level: 6 });
    expect(packed.length).toBeLessThan(sound.length);
    const facts = async (bytes: Uint8Array) =>
      (await parseWeights(bytes)).arrays.map(({ name, data }) => [name, [...data]]);
    expect(await facts(packed)).toEqual(await facts(sound));
    packed[members(packed).get('model.weights.h5')! + 16]! ^= 1;
    await expect(parseWeights(packed)).rejects.toThrow(
      /^zip archive: ".*" expected \d+ bytes, deflated/,
    );
  });

  it('that has two of one member is refused', async () => {
    const files = {
      'config.json': text('{}'),
      'model.weights.h5': text(''),
      'model.weights.h6': text(''),
    };
    const twice = Buffer.from(zipSync(files));
    for (let at = 0; (at = twice.indexOf('weights.h6', at)) >= 0;) twice.write('weights.h5', at);
    await expect(parseWeights(new Uint8Array(twice))).rejects.toThrow(
      '.keras archive: expected one model.weights.h5 in it, got two',
    );
  });
});

describe('two arrays of one weight', () => {
  const writer = new Hdf5Writer();
  const dataset = () => {
    const data = writer.add(new Uint8Array(8));
    return writer.object(dataspace(2), FLOAT32, contiguous(data, 8));
  };
  const layer = () => writer.group(['conv1_conv', writer.group(['kernel:0', dataset()])]);
  const bytes = writer.file(writer.group(['a', layer()], ['b', layer()]));

  it('are refused', async () => {
    const file = await parseWeights(bytes);
    expect(file.arrays).toHaveLength(2);
    expect(() => toKerasNames(file)).toThrow(
      'weights: expected one array for conv1_conv/kernel, got a second one, "conv1_conv/kernel"',
    );
  });
});

describe('safetensors of double precision', () => {
  it('are read in single precision', () => {
    const header = text('{"x":{"dtype":"F64","shape":[3],"data_offsets":[0,24]}}');
    const data = new Uint8Array(Float64Array.of(1.1, -2, 1e300).buffer);
    const { arrays } = parseSafetensors(pack([header.length, 8], header, data));
    expect([...arrays[0]!.data]).toEqual([Math.fround(1.1), -2, Infinity]);
  });
});

describe('sharded safetensors', () => {
  const files = new Map([
    ['a.safetensors', writeSafetensors([{ name: 'x', shape: [1], data: Float32Array.of(1) }])],
    ['b.safetensors', writeSafetensors([{ name: 'y', shape: [1], data: Float32Array.of(2) }])],
  ]);
  const parse = (map: unknown) =>
    parseWeights(text(JSON.stringify({ weight_map: map })), (name) =>
      Promise.resolve(files.get(name)!),
    );

  it('are read by their index', async () => {
    const { arrays, shards } = await parse({ x: 'a.safetensors', y: 'b.safetensors' });
    expect(arrays.map(({ name, data }) => [name, ...data])).toEqual([
      ['x', 1],
      ['y', 2],
    ]);
    expect(shards).toEqual(['a.safetensors', 'b.safetensors']);
  });

  it.each<[string, unknown, string]>([
    ['an array in another file', { x: 'b.safetensors' }, '"b.safetensors" expected the 1 arrays'],
    [
      'an array that is nowhere',
      { x: 'a.safetensors', z: 'a.safetensors' },
      'expected the 2 arrays',
    ],
    [
      'a path',
      { x: '../a.safetensors' },
      'expected names of safetensors files in the same folder, got "../a',
    ],
    ['an address', { x: 'https://host/a.safetensors' }, 'got "https://host/a'],
    ['a hidden file', { x: '.safetensors' }, 'got ".safetensors"'],
    ['no name', { x: 1 }, 'got number'],
    ['no file', {}, 'expected 1 to 1000 files, got 0'],
  ])('are refused where the index names %s', async (_, map, message) => {
    await expect(parse(map)).rejects.toMatchObject({
      name: 'WeightsError',
      message: expect.stringContaining(message) as string,
    });
  });

  it('are each checked', async () => {
    files.set('c.safetensors', files.get('a.safetensors')!.subarray(0, -1));
    await expect(parse({ x: 'c.safetensors' })).rejects.toThrow(
      /^c\.safetensors: "x" expected 4 bytes/,
    );
  });
});
