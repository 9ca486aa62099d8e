import * as tf from '@tensorflow/tfjs';
import { ArgumentError } from '../errors.js';
import { requireLayersModel } from './check.js';

/**
 * Why a topology can't be built.
 *
 * @param name of the file
 * @param got what came, or what TensorFlow.js says of it
 */
export function explainTopology(name: string, got: string, cause?: unknown): ArgumentError {
  const unknown = /^Unknown \w+: (.*?)\. This may be due/s.exec(got)?.[1];
  const [expected, found, remedy] =
    unknown === undefined
      ? [
          'a layers model that TensorFlow.js can build',
          got.split('\n', 1)[0],
          'save or convert the model again',
        ]
      : [
          'layers that TensorFlow.js knows',
          JSON.stringify(unknown),
          'save the model without it, or load it in a program that calls tf.serialization.registerClass() first',
        ];
  return new ArgumentError(`${name}: expected ${expected}, got ${found}; ${remedy}`, { cause });
}

/** What TensorFlow.js has layers call for each of their weights, while they are built. */
interface Building {
  addWeight: (
    this: tf.layers.Layer,
    name: string,
    shape: readonly (number | null)[],
    ...rest: readonly unknown[]
  ) => tf.LayerVariable;
}

const layers = tf.layers.Layer.prototype as unknown as Building;

/**
 * Builds a model with zeros for weights, if it has no more of them than it is given numbers for: a few bytes
 * of a topology can ask for terabytes. Only a layer knows which weights it makes, and no layer makes one but by
 * `addWeight`; so that is watched, for as long as building takes, which is one task.
 *
 * @param numbers that its weights may have in all
 * @param held where the file has them
 * @throws ArgumentError where they have more, or TensorFlow.js can't build the model
 */
export async function buildWithin(
  name: string,
  topology: object,
  numbers: number,
  held = 'weightsManifest',
): Promise<tf.LayersModel> {
  const { addWeight } = layers;
  const made: tf.LayerVariable[] = [];
  let left = numbers;
  layers.addWeight = function (weight, shape, ...rest) {
    left -= shape.reduce<number>((product, size) => product * (size ?? NaN), 1);
    if (!(left >= 0)) {
      throw new ArgumentError(
        `${name}: expected layers with the ${numbers} numbers of its ${held}, got more at layer "${this.name}"; the file is damaged`,
      );
    }
    this.setFastWeightInitDuringBuild(true);
    const variable = addWeight.call(this, weight, shape, ...rest);
    made.push(variable);
    return variable;
  };
  let building: Promise<tf.LayersModel>;
  try {
    // All layers are built before this returns.
    building = tf.models.modelFromJSON({ modelTopology: topology as never });
  } finally {
    layers.addWeight = addWeight;
  }
  try {
    const model: unknown = await building;
    // What a topology says that it is needn't be a model.
    requireLayersModel(name, model);
    return model;
  } catch (cause) {
    for (const variable of made) variable.dispose();
    if (cause instanceof ArgumentError) throw cause;
    throw explainTopology(name, (cause as Error).message, cause);
  }
}
