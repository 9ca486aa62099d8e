import * as tf from '@tensorflow/tfjs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { exportOnnx } from '../../src/export/onnx/export';
import { draw } from './draw';
import { foldedCopy } from '../../src/model/fold';
import { expectNoLeak } from './memory';

/** What ONNX Runtime makes of a model: its one output, on its one input. */
export async function runOnnx(
  bytes: Uint8Array,
  data: Float32Array | Uint8Array,
  shape: readonly number[],
) {
  const session = await InferenceSession.create(bytes);
  try {
    const [input = ''] = session.inputNames;
    const [output = ''] = session.outputNames;
    const images =
      data instanceof Uint8Array
        ? new Tensor('uint8', data, shape)
        : new Tensor('float32', data, shape);
    const answers = await session.run({ [input]: images });
    const answer = answers[output]!;
    return { input, output, shape: answer.dims, data: answer.data as Float32Array };
  } finally {
    await session.release();
  }
}

/** Relative to the largest number: two orders of additions of float32. */
const TOLERANCE = 1e-5;
const BATCH = 2;

/** Holds what ONNX Runtime answers to what the model does, and gives the file. */
export async function expectSameAnswers(model: tf.LayersModel): Promise<Uint8Array> {
  let bytes = new Uint8Array();
  await expectNoLeak(async () => {
    bytes = Uint8Array.from(await exportOnnx(model));
    const shape = [BATCH, ...(model.inputs[0]!.shape.slice(1) as number[])];
    const size = shape.reduce((product, each) => product * each, 1);
    const images = draw('images', size, -1, 1);
    const expected = tf.tidy(() => model.predict(tf.tensor(images, shape)) as tf.Tensor);
    const answer = await runOnnx(bytes, images, shape);
    // A BatchNorm that comes last goes into what is before it.
    const folded = foldedCopy(model);
    const output = (folded ?? model).outputs[0]!.sourceLayer.name;
    folded?.dispose();
    expect([answer.output, answer.shape]).toEqual([output, expected.shape]);
    expect(answer.data).toBeAllclose(expected.dataSync(), TOLERANCE);
    expected.dispose();
  });
  return bytes;
}
