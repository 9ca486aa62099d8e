import type * as tf from '@tensorflow/tfjs';

/** A weight and its name in Keras, `layer/weight`. */
export interface NamedWeight {
  readonly name: string;
  readonly variable: tf.LayerVariable;
}

/** A layer's weights in Keras's order. Named by `originalName`, as a second model's `name` would be `kernel_1`. */
export function weightsOf(layer: tf.layers.Layer): NamedWeight[] {
  return layer.weights.map((variable) => {
    const { originalName } = variable;
    const weight = originalName.slice(originalName.lastIndexOf('/') + 1);
    return { name: `${layer.name}/${weight}`, variable };
  });
}
