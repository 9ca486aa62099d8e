import * as tf from '@tensorflow/tfjs';
import { type Comparison, type Int8Cost, measureInt8Cost } from '../convert/int8/cost.js';
import type { OnnxInput } from '../convert/onnx.js';
import { createSession } from '../onnxruntime/engine.js';
import type { OnnxSession } from '../onnxruntime/runtime.js';
import { loadRuntime } from './engine/onnxruntime.js';

/** A classifier's files in ONNX, and pictures to compare them on. */
export interface FileComparison extends Pick<
  Comparison,
  'classifier' | 'part' | 'names' | 'onPictures'
> {
  readonly float32: Uint8Array;
  readonly int8: Uint8Array;
  readonly input: OnnxInput;
}

/**
 * Runs both files with ONNX Runtime on the same pictures and compares their scores.
 *
 * @throws PackageError if onnxruntime-node isn't installed
 */
export async function measureFiles({
  float32,
  int8,
  input,
  ...comparison
}: FileComparison): Promise<Int8Cost> {
  const installed = await loadRuntime();
  const { Tensor } = installed.runtime;
  const sessions: OnnxSession[] = [];
  /** Runs a file on images; in their place, a file with pixels as its input takes uint8. */
  const start = async (file: Uint8Array): Promise<Comparison['int8']> => {
    const session = await createSession(installed, 'onnxruntime', file);
    sessions.push(session);
    const [from = '', to = ''] = [session.inputNames[0], session.outputNames[0]];
    return async (images) => {
      const numbers = await images.data();
      const fed =
        input === 'pixels'
          ? new Tensor('uint8', Uint8Array.from(numbers, Math.round), images.shape)
          : new Tensor('float32', Float32Array.from(numbers), images.shape);
      const { [to]: output } = await session.run({ [from]: fed });
      if (output === undefined) throw new Error('the ONNX file has no output');
      const outputs = output.data as Float32Array;
      return { outputs, scores: tf.tensor(outputs, [...output.dims]) };
    };
  };
  try {
    return await measureInt8Cost({
      ...comparison,
      float32: await start(float32),
      int8: await start(int8),
      preprocessing: input === 'pixels' ? 'none' : comparison.classifier.preprocessing,
    });
  } finally {
    for (const session of sessions) await session.release();
  }
}
