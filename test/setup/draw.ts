import * as tf from '@tensorflow/tfjs';

// Under jest every look-up of a global costs: 23 million weights are drawn in 0.1 s with this, in 10 s without.
const { imul } = Math;

/** FNV-1a, 32 bits. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const char of text) hash = imul(hash ^ char.charCodeAt(0), 0x01000193) >>> 0;
  return hash;
}

/**
 * Uniform numbers from `low` up to `high` by mulberry32, seeded by a name: the generator of
 * scripts/goldens/keras_goldens.py.
 */
export function draw(name: string, size: number, low: number, high: number): Float32Array {
  const values = new Float32Array(size);
  let state = fnv1a(name);
  // A plain loop: a ResNet has 23 million weights to draw.
  for (let i = 0; i < size; i++) {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = imul(state ^ (state >>> 15), state | 1);
    t ^= t + imul(t ^ (t >>> 7), t | 61);
    values[i] = low + ((high - low) * ((t ^ (t >>> 14)) >>> 0)) / 2 ** 32;
  }
  return values;
}

/** The image of scripts/goldens/keras_goldens.py, in [−1, 1). */
export function drawImage(shape: readonly number[]): tf.Tensor4D {
  const [height = 0, width = 0, channels = 0] = shape;
  const values = draw('image', height * width * channels, -1, 1);
  return tf.tensor4d(values, [1, height, width, channels]);
}

/** Bounds of the weights of one kind, as scripts/goldens/keras_goldens.py has them. */
function bounds(layer: string, kind: string, fanIn: number): [number, number] {
  if (kind === 'gamma' && /_[03]_bn$/.test(layer)) return [0.2, 0.4];
  if (kind === 'kernel') return [-Math.sqrt(6 / fanIn), Math.sqrt(6 / fanIn)];
  if (kind === 'gamma' || kind === 'moving_variance') return [0.5, 1.5];
  return [-0.1, 0.1];
}

function drawWeight(layer: string, kind: string, shape: readonly number[]): Float32Array {
  const fanIn = shape.slice(0, -1).reduce((product, size) => product * size, 1);
  const [low, high] = bounds(layer, kind, fanIn);
  return draw(`${layer}/${kind}`, fanIn * (shape.at(-1) ?? 1), low, high);
}

/** Gives every layer the weights that scripts/goldens/keras_goldens.py gave Keras's. */
export function drawWeights(model: tf.LayersModel): void {
  for (const layer of model.layers) {
    if (layer.weights.length === 0) continue;
    const values = layer.weights.map((weight) => {
      const kind = weight.originalName.slice(weight.originalName.lastIndexOf('/') + 1);
      const shape = weight.shape as number[];
      return tf.tensor(drawWeight(layer.name, kind, shape), shape);
    });
    layer.setWeights(values);
    tf.dispose(values);
  }
}
