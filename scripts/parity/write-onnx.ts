/**
 * Writes ResNets with each head as ONNX files in float32 and int8, heads joined to files that torch wrote, and what TensorFlow.js
 * answers with them, for scripts/parity/check_onnx.py.
 *
 *     tsx scripts/parity/write-onnx.ts DIR
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-node';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import {
  buildDenseResnet,
  buildFlattenedResnet,
  buildHead,
  buildPooledResnet,
  exportOnnx,
  pooledHead,
  preprocess,
} from 'resnet-heads';
import { PREPROCESSINGS } from '../../src/base/preprocess.js';
import { cutOnnx, joinOnnx, type JoinOptions } from '../../src/export/onnx/join.js';
import { featuresOf } from '../../src/onnx/features.js';
import { readOnnx } from '../../src/onnx/read.js';
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

/** Errors relative to the largest answer: of the order of additions, and of 8 bits in some 50 layers, where 0.015 was seen. */
const [ROUNDING, EIGHT_BITS] = [1e-5, 0.03];

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
      // Calibrated on the image that it is run on.
      const pixels = tf.tidy(() => image.add(1).mul<tf.Tensor4D>(127.5));
      const pictures = [{ images: pixels, labels: [0] }];
      const int8 = file.replace('.onnx', '-int8.onnx');
      await exportOnnx(model, join(folder, int8), { preprocessing: 'tf', int8: { pictures } });
      const answer = model.predict(image) as tf.Tensor;
      const expected = {
        inputShape,
        answerShape: answer.shape,
        answer: [...(await answer.data())],
      };
      cases.push(
        { file, tolerance: ROUNDING, ...expected },
        { file: int8, tolerance: EIGHT_BITS, ...expected },
      );
      tf.dispose([image, pixels, answer]);
      model.dispose();
    }
  }
}

/** The files that torch wrote: their features by ONNX Runtime, the head by TensorFlow.js. */
const torch = join(dirname(fileURLToPath(import.meta.url)), '../../test/goldens/onnx');
const CLASSES = 4;
for (const name of ['maps-dynamo', 'tokens-dynamo']) {
  const read = readOnnx(readFileSync(join(torch, `${name}.onnx`)));
  const features = featuresOf(read);
  const head = buildHead(pooledHead({ numClasses: CLASSES }), features.shape, { seed: 1 });
  const bytes = await exportOnnx(head);
  const session = await InferenceSession.create(cutOnnx(read, features));
  const write = async (file: string, options: JoinOptions, image: tf.Tensor, own: tf.Tensor) => {
    writeFileSync(join(folder, file), joinOnnx(read, features, bytes, options));
    const data = Float32Array.from(await own.data());
    const { features: map } = await session.run({
      [features.input.name]: new Tensor('float32', data, own.shape),
    });
    if (map === undefined) throw new Error(`${name}: expected features, got none`);
    const answer = head.predict(tf.tensor(map.data as Float32Array, [...map.dims])) as tf.Tensor;
    const [answerShape, values] = [answer.shape, [...(await answer.data())]];
    const inputShape = image.shape.slice(1);
    cases.push({ file, tolerance: ROUNDING, inputShape, answerShape, answer: values });
  };
  const image = drawImage([3, ...features.inputSize]);
  await write(`joined-${name}.onnx`, {}, image, image);
  const pixels = drawImage([...features.inputSize, 3]);
  for (const preprocessing of PREPROCESSINGS) {
    const images = preprocess(pixels, preprocessing).transpose([0, 3, 1, 2]);
    const options = { pixels: { preprocessing, type: 'float32' } } as const;
    await write(`joined-${name}-${preprocessing}.onnx`, options, pixels, images);
  }
}
writeFileSync(join(folder, 'onnx.json'), JSON.stringify(cases));
