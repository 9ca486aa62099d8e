import * as tf from '@tensorflow/tfjs';
import { type Backbone, type InputSize, loadBackbone, preprocess, resnet } from 'resnet-heads';
import { digits } from './digits.js';

/** Of each digit: enough for statistics, few enough for one batch. */
const PER_DIGIT = 8;

/**
 * A ResNet-50 with random weights, for a machine that can't fetch trained ones.
 *
 * The BatchNorm statistics of a new model are 0 and 1, under which features grow from layer to layer and no head learns.
 * One training pass over some pictures sets them.
 */
export async function randomBackbone([height, width]: InputSize): Promise<Backbone> {
  const model = resnet({ inputShape: [height, width, 3], seed: 1 });
  for (const layer of model.layers) {
    // How much of the old statistics a training pass keeps; the field is private.
    if (layer.getClassName() === 'BatchNormalization') Object.assign(layer, { momentum: 0 });
  }
  tf.tidy(() => {
    const pixels = digits(0, PER_DIGIT).map(({ picture }) =>
      tf.browser.fromPixels(picture as tf.PixelData),
    );
    const images = tf.image.resizeBilinear(tf.stack(pixels) as tf.Tensor4D, [height, width]);
    model.apply(preprocess(images, 'tf'), { training: true });
  });
  return loadBackbone(model, { preprocessing: 'tf' });
}
