import * as tf from '@tensorflow/tfjs';
import { drawImage, drawWeights } from '../setup/draw';
import { miniClassifier } from '../setup/mini-resnet';

/** tfjs-node would report on each epoch. */
const QUIET = { verbose: 0 };

// What freeze does is a case of test/backends/conformance, for every backend.
describe('without freeze', () => {
  it('trainable = false lets TensorFlow.js move the statistics: why freeze is there', async () => {
    const model = miniClassifier();
    drawWeights(model);
    for (const layer of model.layers.slice(0, -1)) layer.trainable = false;
    const mean = () => [...model.getLayer('conv1_bn').getWeights()[2]!.dataSync()];
    const before = mean();
    model.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy' });
    const [image, label] = [drawImage([32, 32, 3]), tf.tidy(() => tf.oneHot([0], 10))];
    await model.fit(image, label, { epochs: 1, ...QUIET });
    expect(mean()).not.toEqual(before);
    model.optimizer.dispose();
    tf.dispose([image, label]);
    model.dispose();
  });
});
