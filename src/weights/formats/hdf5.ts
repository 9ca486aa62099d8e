import type { Dataset, Group } from 'jsfive';
import { volume } from '../../layers/cost/layer-cost.js';
import { WeightsError } from '../errors.js';
import { contiguousBytes } from './contiguous.js';
import type { NamedArray, WeightFile } from './named-array.js';
import { view } from './view.js';

/** Where Keras keeps the weights of a whole model saved as HDF5. */
const MODEL_GROUP = 'model_weights';
/** Deeper than any Keras model nests, shallow enough for a hostile file. */
const MAX_DEPTH = 32;
/** ResNet-152 has 777 weights, in twice as many groups. */
const MAX_OBJECTS = 20_000;
/** Keras doesn't compress weights; a file that claims to hold many times its own size is hostile. */
const MAX_EXPANSION = 16;
/** Half, single and double precision; Keras also writes an optimizer's integer counters. */
const FLOAT = /^[<>]?f[248]$/;
/** What jsfive calls little-endian single precision. */
const FLOAT32 = '<f4';

interface Entry {
  readonly path: string;
  readonly dataset: Dataset;
}

const failure = (what: string, cause?: unknown): WeightsError =>
  new WeightsError(`HDF5: ${what}; the file is damaged, or not one of Keras's`, { cause });

/** A dataset is an array for jsfive, whose `keys` is a function. */
const isGroup = (item: Group | Dataset | null): item is Group =>
  item !== null && 'keys' in item && Array.isArray(item.keys);

/** Every dataset below a group, depth first. */
function collect(root: Group): Entry[] {
  const found: Entry[] = [];
  let objects = 0;
  const visit = (group: Group, at: string, depth: number): void => {
    if (depth > MAX_DEPTH) throw failure(`expected at most ${MAX_DEPTH} groups within each other`);
    for (const key of group.keys) {
      objects += 1;
      if (objects > MAX_OBJECTS) throw failure(`expected at most ${MAX_OBJECTS} objects`);
      const child = group.get(key);
      const path = `${at}${key}`;
      if (isGroup(child)) visit(child, `${path}/`, depth + 1);
      else if (child !== null) found.push({ path, dataset: child });
    }
  };
  visit(root, '', 0);
  return found;
}

/** By jsfive, which reads number by number, into an array that takes twice the room of a file's bytes. */
function readNumbers({ path, dataset }: Entry, elements: number): Float32Array {
  const { value } = dataset;
  if (!Array.isArray(value) || value.length !== elements) {
    throw failure(`"${path}" expected ${elements} numbers, got something else`);
  }
  // What was never written is missing from the array, and NaN in the result.
  return Float32Array.from(value as number[]);
}

function read(entries: readonly Entry[], file: Uint8Array, nameOf: (entry: Entry) => string) {
  const arrays: NamedArray[] = [];
  const skipped: string[] = [];
  let budget = file.byteLength * MAX_EXPANSION;
  for (const entry of entries) {
    const { shape, dtype } = entry.dataset;
    if (typeof dtype !== 'string' || !FLOAT.test(dtype)) {
      skipped.push(nameOf(entry));
      continue;
    }
    const elements = volume(shape);
    const byteLength = elements * Float32Array.BYTES_PER_ELEMENT;
    budget -= byteLength;
    if (!(budget >= 0))
      throw failure(`expected at most ${MAX_EXPANSION} times the file's own size`);
    const bytes = dtype === FLOAT32 ? contiguousBytes(file, entry.dataset, byteLength) : undefined;
    const data = bytes === undefined ? readNumbers(entry, elements) : view(bytes, Float32Array);
    arrays.push({ name: nameOf(entry), shape, data });
  }
  return { arrays, skipped };
}

/** `conv1_conv/conv1_conv/kernel:0`, below whatever groups, is the weight conv1_conv/kernel. */
const keras2Name = ({ path }: Entry): string =>
  path.split('/').slice(-2).join('/').replace(/:0$/, '');

/** `conv2d_1/vars/0`, to be told by order. */
const keras3Name = ({ path }: Entry): string => path;

/**
 * The layouts are told by their groups alone. Attributes would say more (Keras 2 lists its layers in one,
 * Keras 3 names each layer in one, though it too goes by order when it loads), but jsfive's reader of
 * them can be made to fill all memory by a damaged count.
 */
function parse(root: Group, bytes: Uint8Array): WeightFile {
  const child = (name: string) => (root.keys.includes(name) ? root.get(name) : null);
  const model = child(MODEL_GROUP);
  if (isGroup(model)) {
    return { format: 'Keras HDF5 model', ...read(collect(model), bytes, keras2Name) };
  }
  const layers = child('layers') ?? child('_layer_checkpoint_dependencies');
  if (isGroup(layers)) {
    const entries = collect(layers).filter(({ path }) => /(^|\/)vars\/\d+$/.test(path));
    return {
      format: 'Keras 3 HDF5 weights',
      numbered: true,
      ...read(entries, bytes, keras3Name),
    };
  }
  const { arrays, skipped } = read(collect(root), bytes, keras2Name);
  if (arrays.length === 0) throw failure('expected the weights of layers in groups, got none');
  return { format: 'Keras 2 HDF5 weights', arrays, skipped };
}

/**
 * Reads Keras's HDF5 files: weights of Keras 2, with and without `:0`; whole models; and `.weights.h5` of
 * Keras 3.
 *
 * By jsfive, which is loaded when this is called first. It is JavaScript throughout, so a damaged file
 * ends in an exception; h5wasm, the HDF5 library as WebAssembly, aborted on some of a thousand, and an
 * aborted library can't be started again.
 *
 * @throws WeightsError where the bytes are none of these
 */
export async function parseHdf5(bytes: Uint8Array): Promise<WeightFile> {
  const { File } = await import('jsfive');
  try {
    const whole = bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
    return parse(new File(whole.buffer as ArrayBuffer, 'weights.h5'), whole);
  } catch (error) {
    // jsfive throws strings, too.
    throw error instanceof WeightsError ? error : failure('expected a readable file', error);
  }
}
