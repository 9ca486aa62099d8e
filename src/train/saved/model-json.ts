import { ArgumentError } from '../../errors.js';
import { requireManifest, type WeightGroup } from './manifest.js';
import { isShallow, requireEndOf } from './topology.js';

export const CONVERT =
  'convert the Keras model with tensorflowjs_converter --output_format=tfjs_layers_model';

const SAVE_AGAIN = 'save or convert the model again';

/** What a `model.json` says of a model. */
export interface ModelJson {
  readonly topology: object;
  readonly groups: readonly WeightGroup[];
  /** As `setUserDefinedMetadata` took it. */
  readonly metadata: object | undefined;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Keras 3 names its version, and describes inputs by another word. */
function isOfKeras3(topology: object): boolean {
  const text = JSON.stringify(topology);
  return ['"keras_version":"3', '"class_name":"__keras_tensor__"'].some((mark) =>
    text.includes(mark),
  );
}

/**
 * Why a topology can't be built, by what it is.
 *
 * @param name of the file
 * @param got what came, where nothing is known that says it better
 */
export function explainTopology(
  name: string,
  topology: object,
  got: string,
  cause?: unknown,
): ArgumentError {
  const unknown = /^Unknown \w+: (.*?)\. This may be due/s.exec(got)?.[1];
  const [expected, found, remedy] =
    unknown !== undefined
      ? [
          'layers that TensorFlow.js knows',
          JSON.stringify(unknown),
          'save the model without it, or load it in a program that calls tf.serialization.registerClass() first',
        ]
      : isOfKeras3(topology)
        ? [
            'a topology of Keras 2',
            "one of Keras 3, which TensorFlow.js can't read",
            'build and convert the model with tf_keras (TF_USE_LEGACY_KERAS=1)',
          ]
        : ['a layers model that TensorFlow.js can build', got.split('\n', 1)[0], SAVE_AGAIN];
  return new ArgumentError(`${name}: expected ${expected}, got ${found}; ${remedy}`, { cause });
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
  requireEndOf(topology, (got) => {
    throw explainTopology(name, modelTopology, got);
  });
  return {
    topology,
    groups: requireManifest(name, weightsManifest),
    metadata: isObject(userDefinedMetadata) ? userDefinedMetadata : undefined,
  };
}
