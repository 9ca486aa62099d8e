import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Dataset, File, type Group } from 'jsfive';
import { contiguousBytes } from '../../../src/weights/formats/contiguous';
import { parseHdf5 } from '../../../src/weights/formats/hdf5';

/** Files of scripts/weight_fixtures.py; a copy each, to be written to. */
const read = (name: string) =>
  new Uint8Array(readFileSync(join(__dirname, '../../goldens/weights', name)));

const open = (bytes: Uint8Array) => new File(bytes.buffer as ArrayBuffer, 'weights.h5');

function datasetsOf(group: Group): Dataset[] {
  return group.keys.flatMap((key) => {
    const item = group.get(key)!;
    return 'shape' in item ? [item] : datasetsOf(item);
  });
}

const byteLengthOf = ({ shape }: Dataset) => shape.reduce((product, size) => product * size, 4);

const KERNEL = 'conv1_conv/conv1_conv/kernel:0';

/** A file, a dataset in it, and where its layout is told: a version, a class, an address, a size. */
function kernelIn(bytes: Uint8Array): { dataset: Dataset; byteLength: number; layoutAt: number } {
  const dataset = open(bytes).get(KERNEL) as Dataset;
  const byteLength = byteLengthOf(dataset);
  const [message] = dataset._dataobjects!.find_msg_type!(8);
  return { dataset, byteLength, layoutAt: Number(message!.get('offset_to_message')) };
}

describe('contiguousBytes', () => {
  it.each(['keras2-weights.h5', 'keras3-legacy-model.h5', 'keras3.weights.h5'])(
    'finds every weight that Keras wrote, where jsfive finds it: %s',
    (name) => {
      const file = read(name);
      const floats = datasetsOf(open(file)).filter(({ dtype }) => dtype === '<f4');
      expect(floats.length).toBeGreaterThanOrEqual(104);
      for (const dataset of floats) {
        const bytes = contiguousBytes(file, dataset, byteLengthOf(dataset))!;
        expect(bytes.buffer).toBe(file.buffer);
        const copy = bytes.slice();
        expect([...new Float32Array(copy.buffer)]).toEqual(dataset.value);
      }
    },
  );

  it.each([
    ['of an older version', 0, [2]],
    ['of a newer version', 0, [5]],
    ['in chunks', 1, [2]],
    ['of another size', 10, [0]],
    // The file has 174,280 bytes, 0x2a8c8.
    ['that ends beyond the file', 2, [0xc4, 0xa8, 2, 0]],
    ['beyond the file', 6, [1]],
    ['never written', 2, Array<number>(8).fill(0xff)],
  ])('leaves to jsfive a dataset %s', (_, at, change) => {
    const file = read('keras2-weights.h5');
    const { dataset, byteLength, layoutAt } = kernelIn(file);
    expect(contiguousBytes(file, dataset, byteLength)).toHaveLength(byteLength);
    file.set(change, layoutAt + at);
    expect(contiguousBytes(file, dataset, byteLength)).toBeUndefined();
  });

  it('leaves it to a jsfive that keeps its headers elsewhere, and one whose header is cut off', () => {
    const file = read('keras2-weights.h5');
    const { dataset, byteLength, layoutAt } = kernelIn(file);
    expect(contiguousBytes(file, {}, byteLength)).toBeUndefined();
    const headless = { _dataobjects: { find_msg_type: () => [] } };
    expect(contiguousBytes(file, headless, byteLength)).toBeUndefined();
    expect(contiguousBytes(file.subarray(0, layoutAt + 17), dataset, byteLength)).toBeUndefined();
  });
});

describe('parseHdf5', () => {
  it('copies nothing of what Keras wrote', async () => {
    const bytes = read('keras3.weights.h5');
    const { arrays } = await parseHdf5(bytes);
    expect(arrays.length).toBe(104);
    expect(arrays.filter(({ data }) => data.buffer !== bytes.buffer)).toEqual([]);
  });

  it('gives the same numbers where they are stored in other ways', async () => {
    const [straight, otherwise] = await Promise.all(
      ['keras2-weights.h5', 'keras2-stored-otherwise.h5'].map((name) => parseHdf5(read(name))),
    );
    const facts = (file: typeof straight) =>
      file!.arrays.map(({ name, shape, data }) => [name, shape, [...data]]);
    expect(facts(otherwise)).toEqual(facts(straight));
  });

  it('lets jsfive read what has another size than its shape', async () => {
    const bytes = read('keras2-weights.h5');
    const expected = (await parseHdf5(read('keras2-weights.h5'))).arrays;
    const { layoutAt } = kernelIn(bytes);
    bytes[layoutAt + 10] = 0;
    const { arrays } = await parseHdf5(bytes);
    expect(arrays.filter(({ data }) => data.buffer !== bytes.buffer)).toHaveLength(1);
    expect(arrays.map(({ data }) => [...data])).toEqual(expected.map(({ data }) => [...data]));
  });
});
