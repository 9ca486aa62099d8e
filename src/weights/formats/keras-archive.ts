import { WeightsError } from '../errors.js';
import { Allowance } from './allowance.js';
import { parseHdf5 } from './hdf5.js';
import type { LayerIdentity, WeightFile } from './named-array.js';
import { AS_SAFETENSORS } from './pytorch.js';
import { unzipMember, zipDirectory, type ZipMember } from './zip.js';

/** The members of a `.keras` file, besides its metadata. */
const CONFIG = 'config.json';
const WEIGHTS = 'model.weights.h5';
/** In a PyTorch archive, in a folder of any name. */
const PICKLE = /(^|\/)data\.pkl$/;
/** ResNet-152's has 300 kB. Parsing hostile JSON takes fifty times its size in memory. */
const MAX_CONFIG_BYTES = 8_000_000;
/** Names that an error message lists. */
const LISTED = 3;

const failure = (what: string, cause?: unknown): WeightsError =>
  new WeightsError(`.keras archive: ${what}; the file is damaged, or was not saved by Keras 3`, {
    cause,
  });

/** Finds the members with these names, each of which has to occur once. */
function find(bytes: Uint8Array, wanted: readonly string[]): ZipMember[] {
  const members = zipDirectory(bytes);
  if (members.some(({ name }) => PICKLE.test(name))) {
    throw new WeightsError(
      `weights: expected HDF5, .keras or safetensors, got a zip archive with a pickle, as written by torch.save(); ${AS_SAFETENSORS}`,
    );
  }
  return wanted.map((name) => {
    const [member, another] = members.filter((each) => each.name === name);
    if (another !== undefined) throw failure(`expected one ${name} in it, got two`);
    if (member === undefined) {
      const others = members.slice(0, LISTED).map((each) => each.name);
      throw failure(`expected ${name} in it, got ${others.join(', ') || 'nothing'}`);
    }
    return member;
  });
}

async function readConfig(
  bytes: Uint8Array,
  member: ZipMember,
  allowance: Allowance,
): Promise<unknown> {
  if (member.bytes > MAX_CONFIG_BYTES) {
    throw failure(`"${CONFIG}" expected at most ${MAX_CONFIG_BYTES} bytes, got ${member.bytes}`);
  }
  const json = await unzipMember(bytes, member, allowance);
  try {
    return JSON.parse(new TextDecoder().decode(json));
  } catch (error) {
    throw failure(`"${CONFIG}" expected JSON`, error);
  }
}

/**
 * Reads the model's configuration from a `.keras` file, without its weights.
 *
 * @throws WeightsError if the bytes are not such an archive
 */
export async function readArchiveConfig(bytes: Uint8Array): Promise<unknown> {
  const [config] = find(bytes, [CONFIG]) as [ZipMember];
  return readConfig(bytes, config, new Allowance(bytes.byteLength));
}

/** The layers of a configuration, in the order in which Keras numbers them. */
function layersOf(config: unknown): LayerIdentity[] {
  const { config: model } = (config ?? {}) as { config?: { layers?: unknown } };
  if (!Array.isArray(model?.layers)) throw failure(`"${CONFIG}" expected a list of layers`);
  return model.layers.map((layer: unknown) => {
    const { class_name: className, config: own } = (layer ?? {}) as Record<string, unknown>;
    const name = (own as { name?: unknown } | undefined)?.name;
    if (typeof className !== 'string' || typeof name !== 'string') {
      throw failure(`"${CONFIG}" expected each layer to have a class and a name`);
    }
    return { className, name };
  });
}

/** The content of a `.keras` file: a model's configuration, and its weights by Keras's numbering of layers. */
export interface KerasArchive {
  readonly config: unknown;
  readonly file: WeightFile;
}

/**
 * Reads a `.keras` file, in which Keras 3 saves whole models.
 *
 * @throws WeightsError if the bytes are not such an archive
 */
export async function readKerasArchive(bytes: Uint8Array): Promise<KerasArchive> {
  const [config, weights] = find(bytes, [CONFIG, WEIGHTS]) as [ZipMember, ZipMember];
  const allowance = new Allowance(bytes.byteLength);
  const model = await readConfig(bytes, config, allowance);
  const hdf5 = await unzipMember(bytes, weights, allowance);
  return { config: model, file: await parseHdf5(hdf5, allowance) };
}

/** Reads the weights of a `.keras` file, and the list of its layers. */
export async function parseKerasArchive(bytes: Uint8Array): Promise<WeightFile> {
  const { config, file } = await readKerasArchive(bytes);
  return { ...file, format: 'Keras 3 archive', layers: layersOf(config) };
}
