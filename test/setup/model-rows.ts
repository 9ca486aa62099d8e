import type * as tf from '@tensorflow/tfjs';

/** A built model's layers as Keras's summary has them: name, type, output shape, parameters. */
export function rowsOf(
  model: tf.LayersModel,
): (readonly [string, string, readonly number[], number])[] {
  return model.layers.map((layer) => [
    layer.name,
    layer.getClassName(),
    (layer.outputShape as number[]).slice(1),
    layer.countParams(),
  ]);
}

const count = (weights: readonly tf.LayerVariable[]) =>
  weights.reduce(
    (sum, { shape }) => sum + shape.reduce<number>((n, size) => n * (size ?? NaN), 1),
    0,
  );

export function totalsOf(model: tf.LayersModel) {
  return {
    params: model.countParams(),
    trainableParams: count(model.trainableWeights),
    nonTrainableParams: count(model.nonTrainableWeights),
    outputShape: (model.outputShape as number[]).slice(1),
  };
}
