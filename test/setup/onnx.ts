import * as tf from '@tensorflow/tfjs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { exportOnnx } from '../../src/convert/onnx';
import { draw } from './draw';
import { foldedCopy } from '../../src/model/fold';
import { expectNoLeak } from './memory';

type Numbers = Float32Array | Uint8Array | Uint16Array;

function tensorOf(data: Numbers, shape: readonly number[]): Tensor {
  if (data instanceof Uint8Array) return new Tensor('uint8', data, shape);
  if (data instanceof Uint16Array) return new Tensor('float16', data, shape);
  return new Tensor('float32', data, shape);
}

/** What ONNX Runtime makes of a model: its one output, on its one input. A `Uint16Array` is float16. */
export async function runOnnx(bytes: Uint8Array, data: Numbers, shape: readonly number[]) {
  const session = await InferenceSession.create(bytes);
  try {
    const [input = ''] = session.inputNames;
    const [output = ''] = session.outputNames;
    const answers = await session.run({ [input]: tensorOf(data, shape) });
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
