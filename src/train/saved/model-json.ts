import { ArgumentError } from '../../errors.js';
import { isObject, isShallow, type Json } from '../../json.js';
import { explainTopology } from '../../model/from-topology.js';
import { requireManifest, type WeightGroup } from './manifest.js';
import { requireEndOf } from './topology.js';

export const CONVERT =
  'save the Keras model as .keras, or convert it with tensorflowjs_converter --output_format=tfjs_layers_model';

const SAVE_AGAIN = 'save or convert the model again';

/** The content of a `model.json`. */
export interface ModelJson {
  readonly topology: object;
  /** Whether it must be translated for TensorFlow.js. */
  readonly fromKeras3: boolean;
  readonly groups: readonly WeightGroup[];
  /** As passed to `setUserDefinedMetadata`. */
  readonly metadata: object | undefined;
}

/** Whether Keras 3 wrote a topology: its inputs have `batch_shape`. Files that TensorFlow.js saved name no Keras version. */
function isFromKeras3({ keras_version: version, config }: Json, outer: Json): boolean {
  const layers: unknown = isObject(config) ? config['layers'] : undefined;
  const isOfKeras3 = (layer: unknown) =>
    isObject(layer) && isObject(layer['config']) && 'batch_shape' in layer['config'];
  return (
    String(version ?? outer['keras_version']).startsWith('3') ||
    (Array.isArray(layers) && layers.some(isOfKeras3))
  );
}

/**
 * Checks a `model.json` before anything it names is read or built.
 *
 * @param name of the file, for error messages
 * @throws ArgumentError if it doesn't describe a layers model, or one that can't be built
 */
export function requireModelJson(name: string, json: unknown): ModelJson {
  const { format, modelTopology, weightsManifest, userDefinedMetadata } = isObject(json)
    ? json
    : {};
  if (format === 'graph-model' || (isObject(modelTopology) && 'node' in modelTopology)) {
    throw new ArgumentError(
      `${name}: expected a layers model, got a GraphModel, which has no layers; ${CONVERT}`,
    );
  }
  if (!isObject(modelTopology)) {
    throw new ArgumentError(
      `${name}: expected a layers model, got JSON without modelTopology; ${CONVERT}`,
    );
  }
  if (!isShallow(modelTopology)) {
    throw new ArgumentError(
      `${name}: expected a layers model that TensorFlow.js can build, got lists or objects nested too deep; ${SAVE_AGAIN}`,
    );
  }
  const inner = modelTopology['model_config'];
  const topology = isObject(inner) ? inner : modelTopology;
  const fromKeras3 = isFromKeras3(topology, modelTopology);
  if (!fromKeras3) {
    requireEndOf(topology, (got) => {
      throw explainTopology(name, got);
    });
  }
  return {
    topology,
    fromKeras3,
    groups: requireManifest(name, weightsManifest),
    metadata: isObject(userDefinedMetadata) ? userDefinedMetadata : undefined,
  };
}
