import { ArgumentError } from '../../errors.js';
import { isObject, isShallow, type Json } from '../../json.js';
import { explainTopology } from '../../model/from-topology.js';
import { requireManifest, type WeightGroup } from './manifest.js';
import { requireEndOf } from './topology.js';

export const CONVERT =
  'save the Keras model as .keras, or convert it with tensorflowjs_converter --output_format=tfjs_layers_model';

const SAVE_AGAIN = 'save or convert the model again';

/** What a `model.json` says of a model. */
export interface ModelJson {
  readonly topology: object;
  /** Whether it has to be translated before TensorFlow.js reads it. */
  readonly fromKeras3: boolean;
  readonly groups: readonly WeightGroup[];
  /** As `setUserDefinedMetadata` took it. */
  readonly metadata: object | undefined;
}

/**
 * Whether Keras 3 wrote a topology: it has another word for what an input takes. What TensorFlow.js saved says no version
 * of Keras.
 */
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
 * Checks a `model.json` before anything is read or built by it.
 *
 * @param name of the file, for errors
 * @throws ArgumentError where it describes no layers model, or one that can't be built
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
      `${name}: expected a layers model, got none: no modelTopology; ${CONVERT}`,
    );
  }
  if (!isShallow(modelTopology)) {
    throw new ArgumentError(
      `${name}: expected a layers model that TensorFlow.js can build, got lists or objects too deep in each other; ${SAVE_AGAIN}`,
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
