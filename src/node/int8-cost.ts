import * as tf from '@tensorflow/tfjs';
import type { Classifier } from '../classifier/types.js';
import type { OnnxInput } from '../convert/onnx.js';
import { imageProbabilities, likeliest, readScores, scoreKindOf } from '../model/scores.js';
import type { Part } from '../pictures/set.js';
import { createSession } from '../onnxruntime/engine.js';
import type { OnnxRuntime, OnnxSession, OnnxTensor } from '../onnxruntime/runtime.js';
import { loadRuntime } from './engine/onnxruntime.js';

/** How an int8 file differs from a float32 file of the same model. */
export interface Int8Cost {
  readonly pictures: number;
  /** For how many pictures both give the same most likely class; with several labels per picture, the same labels. */
  readonly same: number;
  /** Mean over the pictures of the cosine of the angle between the scores. */
  readonly cosine: number;
  /** How many pictures each classifies correctly; undefined if their classes are unknown. */
  readonly right: { readonly float32: number; readonly int8: number } | undefined;
}

/** What is compared. */
export interface Comparison {
  readonly classifier: Classifier;
  readonly float32: Uint8Array;
  readonly int8: Uint8Array;
  readonly input: OnnxInput;
  /** Pictures to run both on. */
  readonly part: Part;
  /** Names of the pictures' classes. */
  readonly names: readonly string[];
  readonly onPictures?: (done: number, total: number | undefined) => void;
}

const dot = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, value, i) => sum + value * (b[i] ?? NaN), 0);

/** Runs a file on images; in their place, a file with pixels as its input takes uint8. */
async function outputOf(
  { Tensor }: OnnxRuntime,
  session: OnnxSession,
  images: tf.Tensor4D,
  input: OnnxInput,
): Promise<OnnxTensor> {
  const numbers = await images.data();
  const fed =
    input === 'pixels'
      ? new Tensor('uint8', Uint8Array.from(numbers, Math.round), images.shape)
      : new Tensor('float32', Float32Array.from(numbers), images.shape);
  const [from = '', to = ''] = [session.inputNames[0], session.outputNames[0]];
  const { [to]: output } = await session.run({ [from]: fed });
  if (output === undefined) throw new Error('the ONNX file has no output');
  return output;
}

/**
 * Runs both files with ONNX Runtime on the same pictures and compares their outputs.
 *
 * @throws PackageError if onnxruntime-node isn't installed
 */
export async function measureInt8Cost({
  classifier,
  float32,
  int8,
  input,
  part,
  names,
  onPictures,
}: Comparison): Promise<Int8Cost> {
  const installed = await loadRuntime();
  const { classes, thresholds, inputSize, preprocessing } = classifier;
  const kind = scoreKindOf('model', classifier.model);
  /** What a file says about each picture, so that two answers can be compared. */
  const decisions = async (data: Float32Array, dims: readonly number[]): Promise<string[]> => {
    const found = tf.tidy(() => imageProbabilities(tf.tensor(data, [...dims]), kind));
    const scores = await readScores(found);
    if (thresholds === undefined) return likeliest(scores, classes.length).map(String);
    return Array.from({ length: scores.length / classes.length }, (_, i) =>
      thresholds
        .flatMap((least, label) =>
          (scores[i * classes.length + label] ?? NaN) >= least ? [label] : [],
        )
        .join(),
    );
  };

  const isLabelled = thresholds === undefined && names.every((name) => classes.includes(name));
  const sessions: OnnxSession[] = [];
  const count = { pictures: 0, same: 0, cosines: 0, float32: 0, int8: 0 };
  try {
    for (const file of [float32, int8]) {
      sessions.push(await createSession(installed, 'onnxruntime', file));
    }
    const format = { inputSize, preprocessing: input === 'pixels' ? 'none' : preprocessing };
    for await (const { images, labels } of part.batches(format, {})) {
      const answers: { readonly data: Float32Array; readonly decided: string[] }[] = [];
      try {
        for (const session of sessions) {
          const { data, dims } = await outputOf(installed.runtime, session, images, input);
          const own = data as Float32Array;
          answers.push({ data: own, decided: await decisions(own, dims) });
        }
      } finally {
        images.dispose();
      }
      const [single, integer] = answers;
      if (single === undefined || integer === undefined) continue;
      const size = single.data.length / labels.length;
      for (const [i, label] of labels.entries()) {
        const [a, b] = [single, integer].map(({ data }) => data.subarray(i * size, (i + 1) * size));
        if (a === undefined || b === undefined) continue;
        count.cosines += dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
        const truth = String(classes.indexOf(names[label] ?? ''));
        count.float32 += Number(single.decided[i] === truth);
        count.int8 += Number(integer.decided[i] === truth);
        count.same += Number(single.decided[i] === integer.decided[i]);
      }
      count.pictures += labels.length;
      onPictures?.(count.pictures, part.count);
    }
  } finally {
    for (const session of sessions) await session.release();
  }
  const { pictures, same, cosines, ...right } = count;
  const cosine = cosines / pictures;
  return { pictures, same, cosine, right: isLabelled ? right : undefined };
}
