import * as tf from '@tensorflow/tfjs';
import { attachHead, pooledHead, resnet } from 'resnet-heads';
import { classActivationMap } from '../../src/explain/activation-map';
import { overlay } from '../../src/explain/overlay';
import { forward } from '../goldens';
import { drawImage, drawWeights } from '../setup/draw';
import { expectNoLeak } from '../setup/memory';

describe('a class activation map', () => {
  it("of a ResNet-50 has the class's logit, less its bias, for mean", async () => {
    await expectNoLeak(async () => {
      const base = resnet({ inputShape: forward.inputShape, weights: 'pending' });
      const head = pooledHead({ numClasses: 10, activation: 'linear' });
      const model = attachHead(base, head, { weights: 'pending' });
      drawWeights(model);
      const image = drawImage(forward.inputShape);
      const logits = model.predict(image) as tf.Tensor;
      const biases = model.getLayer('predictions').getWeights()[1]!.dataSync();
      const means = [];
      for (const index of biases.keys()) {
        const { values, score } = await classActivationMap(model, image, index);
        const mean = [...values.dataSync()].reduce((sum, value) => sum + value, 0) / values.size;
        means.push(mean + biases[index]!);
        expect([score]).toBeAllclose([means.at(-1)!], 1e-4);
        values.dispose();
      }
      expect(means).toBeAllclose(logits.dataSync(), 1e-4);
      tf.dispose([image, logits]);
      model.dispose();
    });
  });

  it('is drawn over the picture', async () => {
    await expectNoLeak(() => {
      const map = tf.tensor2d([[-7, 3]]);
      const picture = tf.fill<tf.Rank.R3>([1, 2, 3], 100, 'int32');
      const drawn = overlay(map, picture, { opacity: 1 });
      expect(drawn.dtype).toBe('int32');
      expect([...drawn.dataSync()]).toEqual([68, 1, 84, 253, 231, 37]);
      tf.dispose([map, picture, drawn]);
    });
  });
});
