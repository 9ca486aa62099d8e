import type { Shape } from '../../layers/factory.js';
import { WeightsError } from '../errors.js';
import { Allowance } from './allowance.js';
import { type Dataset, readDataset } from './hdf5/dataset.js';
import { damaged } from './hdf5/failure.js';
import { Hdf5File } from './hdf5/file.js';
import { type Links, readLinks } from './hdf5/group.js';
import { readNumbers } from './hdf5/numbers.js';
import { readMessages } from './hdf5/object.js';
import { rootAddress } from './hdf5/superblock.js';
import type { NamedArray, WeightFile } from './named-array.js';

/** Keras's group for the weights of a whole model saved as HDF5. */
const MODEL_GROUP = 'model_weights';
/** Keras 3's groups for the weights of layers, which it numbers. */
const LAYER_GROUPS = ['layers', '_layer_checkpoint_dependencies'] as const;
/** Deeper than any Keras model, and shallow enough to be safe with a hostile file. */
const MAX_DEPTH = 32;
/** Characters of a path; Keras's have fewer than a hundred. */
const MAX_PATH = 1024;

interface Entry {
  readonly path: string;
  /** Undefined for a named datatype, which holds no data. */
  readonly dataset: Dataset | undefined;
}

/** Reads the group's links, or the dataset, at an address. */
function open(file: Hdf5File, address: number | undefined): Links | Dataset | undefined {
  const messages = readMessages(file, address);
  return readLinks(file, messages) ?? readDataset(messages);
}

const isGroup = (item: Links | Dataset | undefined): item is Links => item instanceof Map;

/** Every dataset below a group, depth first. */
function collect(file: Hdf5File, root: Links): Entry[] {
  const found: Entry[] = [];
  const visit = (links: Links, at: string, depth: number): void => {
    if (depth > MAX_DEPTH) throw damaged(`expected groups nested at most ${MAX_DEPTH} deep`);
    for (const [name, address] of links) {
      const path = at + name;
      if (path.length > MAX_PATH) throw damaged(`expected names of at most ${MAX_PATH} characters`);
      const child = open(file, address);
      if (isGroup(child)) visit(child, `${path}/`, depth + 1);
      else found.push({ path, dataset: child });
    }
  };
  visit(root, '', 0);
  return found;
}

/** Adds the dataset's path to errors. */
async function within<T>(path: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof WeightsError)) throw error;
    throw new WeightsError(error.message.replace(/^(\w+): /, `$1: "${path}": `), { cause: error });
  }
}

async function readArray(
  file: Hdf5File,
  dataset: Dataset | undefined,
  allowance: Allowance,
): Promise<{ shape: Shape; data: Float32Array } | undefined> {
  const type = dataset?.type();
  if (dataset === undefined || type === undefined) return undefined;
  const shape = dataset.shape();
  return { shape, data: await readNumbers(file, dataset, shape, type, allowance) };
}

async function read(
  file: Hdf5File,
  entries: readonly Entry[],
  allowance: Allowance,
  nameOf: (path: string) => string,
) {
  const arrays: NamedArray[] = [];
  const skipped: string[] = [];
  for (const { path, dataset } of entries) {
    const array = await within(path, () => readArray(file, dataset, allowance));
    if (array === undefined) skipped.push(nameOf(path));
    else arrays.push({ name: nameOf(path), ...array });
  }
  return { arrays, skipped };
}

/** `conv1_conv/conv1_conv/kernel:0`, in any group, is the weight `conv1_conv/kernel`. */
const keras2Name = (path: string): string => path.split('/').slice(-2).join('/').replace(/:0$/, '');

/** `conv2d_1/vars/0`, which is translated later, by the order of layers. */
const keras3Name = (path: string): string => path;

/**
 * Recognises the layouts by their groups. Attributes are not needed: in them, Keras 2 lists the layers, and Keras 3 names each layer,
 * although it loads by order.
 */
async function parse(file: Hdf5File, allowance: Allowance): Promise<WeightFile> {
  const root = open(file, rootAddress(file));
  if (!isGroup(root)) throw damaged('expected a group at its root');
  const child = (name: string) => (root.has(name) ? open(file, root.get(name)) : undefined);
  const model = child(MODEL_GROUP);
  if (isGroup(model)) {
    const contents = await read(file, collect(file, model), allowance, keras2Name);
    return { format: 'Keras HDF5 model', ...contents };
  }
  const layers = LAYER_GROUPS.map(child).find(isGroup);
  if (layers !== undefined) {
    const entries = collect(file, layers).filter(({ path }) => /(^|\/)vars\/\d+$/.test(path));
    const contents = await read(file, entries, allowance, keras3Name);
    return { format: 'Keras 3 HDF5 weights', numbered: true, ...contents };
  }
  const contents = await read(file, collect(file, root), allowance, keras2Name);
  if (contents.arrays.length === 0) {
    throw damaged('expected groups with the weights of layers, got none');
  }
  return { format: 'Keras 2 HDF5 weights', ...contents };
}

/**
 * Reads Keras's HDF5 files: Keras 2 weights, with and without `:0`; whole models; and Keras 3's `.weights.h5`.
 *
 * This is our own reader, so that the work is bounded by the file's size. Of the alternatives, jsfive took minutes on one kilobyte of
 * B-trees, and h5wasm, the HDF5 library as WebAssembly, aborted on some of a thousand damaged files and couldn't be
 * restarted. It reads what h5py writes for arrays of fixed size.
 *
 * @param allowance of the file that contains these bytes
 * @throws WeightsError if the bytes are none of these
 */
export async function parseHdf5(
  bytes: Uint8Array,
  allowance = new Allowance(bytes.byteLength),
): Promise<WeightFile> {
  return parse(new Hdf5File(bytes), allowance);
}
