/**
 * Writes ResNets with each head as ONNX files, and what TensorFlow.js answers with them, for
 * scripts/parity/check_onnx.py.
 *
 *     tsx scripts/parity/write-onnx.ts DIR
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-node';
import {
  buildDenseResnet,
  buildFlattenedResnet,
  buildPooledResnet,
  exportOnnx,
} from 'resnet-heads';
import { drawImage, drawWeights } from '../../test/setup/draw.js';

const HEADS = {
  pooled: buildPooledResnet,
  flattened: buildFlattenedResnet,
  dense: buildDenseResnet,
};
const SHAPES = [
  [64, 64, 3],
  [64, 96, 3],
] as const;

const folder = process.argv[2] ?? '.';
const cases: object[] = [];
for (const [head, build] of Object.entries(HEADS)) {
  for (const variant of ['v1', 'v1.5'] as const) {
    for (const inputShape of SHAPES) {
      const model = build({ numClasses: 10, inputShape, variant, weights: 'pending' });
      drawWeights(model);
      const file = `${head}-${variant}-${inputShape.join('x')}.onnx`;
      await exportOnnx(model, join(folder, file));
      const image = drawImage(inputShape);
      const answer = model.predict(image) as tf.Tensor;
      cases.push({
        file,
        inputShape,
        answerShape: answer.shape,
        answer: [...(await answer.data())],
      });
      tf.dispose([image, answer]);
      model.dispose();
    }
  }
}
writeFileSync(join(folder, 'onnx.json'), JSON.stringify(cases));
