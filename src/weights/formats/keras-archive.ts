import { WeightsError } from '../errors.js';
import { parseHdf5 } from './hdf5.js';
import type { LayerIdentity, WeightFile } from './named-array.js';

/** What a `.keras` file holds, besides its metadata. */
const CONFIG = 'config.json';
const WEIGHTS = 'model.weights.h5';
/** ResNet-152's has 300 kB. */
const MAX_CONFIG_BYTES = 64_000_000;
/** Keras stores without compressing; an archive that grows beyond this is hostile. */
const MAX_EXPANSION = 16;

const failure = (what: string, cause?: unknown): WeightsError =>
  new WeightsError(`.keras archive: ${what}; the file is damaged, or not one of Keras 3's`, {
    cause,
  });

async function unzip(
  bytes: Uint8Array,
  wanted: readonly string[],
): Promise<Partial<Record<string, Uint8Array>>> {
  const { unzipSync } = await import('fflate');
  try {
    return unzipSync(bytes, {
      filter: ({ name, originalSize }) => {
        const limit = name === CONFIG ? MAX_CONFIG_BYTES : MAX_EXPANSION * bytes.byteLength;
        if (originalSize > limit)
          throw failure(`"${name}" expected at most ${limit} bytes, got ${originalSize}`);
        return wanted.includes(name);
      },
    });
  } catch (error) {
    throw error instanceof WeightsError ? error : failure('expected a readable zip file', error);
  }
}

function parseConfig(json: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(json));
  } catch (error) {
    throw failure(`"${CONFIG}" expected JSON`, error);
  }
}

/**
 * Reads the configuration of the model in a `.keras` file, and not its weights.
 *
 * @throws WeightsError where the bytes are no such archive
 */
export async function readArchiveConfig(bytes: Uint8Array): Promise<unknown> {
  const { [CONFIG]: config } = await unzip(bytes, [CONFIG]);
  if (config === undefined) throw failure(`expected ${CONFIG} in it`);
  return parseConfig(config);
}

/** The layers of a saved model's configuration, in the order in which Keras numbers their weights. */
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

/**
 * Reads a `.keras` file, as Keras 3 saves whole models.
 *
 * @throws WeightsError where the bytes are no such archive
 */
export async function parseKerasArchive(bytes: Uint8Array): Promise<WeightFile> {
  const files = await unzip(bytes, [CONFIG, WEIGHTS]);
  const [config, weights] = [files[CONFIG], files[WEIGHTS]];
  if (config === undefined || weights === undefined) {
    throw failure(
      `expected ${CONFIG} and ${WEIGHTS} in it, got ${Object.keys(files).join(', ') || 'neither'}`,
    );
  }
  return {
    ...(await parseHdf5(weights)),
    format: 'Keras 3 archive',
    layers: layersOf(parseConfig(config)),
  };
}
