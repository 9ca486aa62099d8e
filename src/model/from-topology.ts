import * as tf from '@tensorflow/tfjs';
import { ArgumentError } from '../errors.js';
import { requireLayersModel } from './check.js';

/**
 * The error for a topology that can't be built.
 *
 * @param name of the file
 * @param got what came, or TensorFlow.js's message
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

/** The method that layers call to create each of their weights. */
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
 * Builds a model whose weights are zero, unless it has more weights than the file has numbers: a topology of a few bytes can ask
 * for terabytes. Only `addWeight` creates weights, so it is replaced while the model is built, which is synchronous.
 *
 * @param numbers the most that its weights may have in all
 * @param held what contains them in the file
 * @throws ArgumentError if they have more, or TensorFlow.js can't build the model
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
        `${name}: expected at most the ${numbers} numbers of its ${held}, got more at layer "${this.name}"; the file is damaged`,
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
    // A topology can describe something that isn't a model.
    requireLayersModel(name, model);
    return model;
  } catch (cause) {
    for (const variable of made) variable.dispose();
    if (cause instanceof ArgumentError) throw cause;
    throw explainTopology(name, (cause as Error).message, cause);
  }
}
