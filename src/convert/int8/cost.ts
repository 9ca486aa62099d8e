import * as tf from '@tensorflow/tfjs';
import type { Classifier } from '../../classifier/types.js';
import { imageProbabilities, likeliest, readScores, scoreKindOf } from '../../model/scores.js';
import type { ImageFormat, Part } from '../../pictures/set.js';

/** How a model in int8 differs from the same model in float32. */
export interface Int8Cost {
  readonly pictures: number;
  /** For how many pictures both give the same most likely class; with several labels per picture, the same labels. */
  readonly same: number;
  /** Mean over the pictures of the cosine of the angle between the outputs. */
  readonly cosine: number;
  /** How many pictures each classifies correctly; undefined if their classes are unknown. */
  readonly right: { readonly float32: number; readonly int8: number } | undefined;
}

/** What a model gives for images. */
export interface Answer {
  /** What is compared, image by image: scores or features. */
  readonly outputs: Float32Array;
  /** The model's scores, which are disposed. */
  readonly scores: tf.Tensor;
}

/** What is compared. */
export interface Comparison {
  readonly classifier: Classifier;
  readonly float32: (images: tf.Tensor4D) => Promise<Answer>;
  readonly int8: (images: tf.Tensor4D) => Promise<Answer>;
  /** Pictures to run both on, and how their pixels are scaled. */
  readonly part: Part;
  readonly preprocessing: ImageFormat['preprocessing'];
  /** Names of the pictures' classes. */
  readonly names: readonly string[];
  readonly onPictures?: (done: number, total: number | undefined) => void;
}

const dot = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, value, i) => sum + value * (b[i] ?? NaN), 0);

/** Runs both models on the same pictures and compares what they give. */
export async function measureInt8Cost({
  classifier,
  float32,
  int8,
  part,
  preprocessing,
  names,
  onPictures,
}: Comparison): Promise<Int8Cost> {
  const { classes, thresholds, inputSize } = classifier;
  const kind = scoreKindOf('model', classifier.model);
  /** What scores say about each picture, so that two answers can be compared. */
  const decisions = async (scores: tf.Tensor): Promise<string[]> => {
    const found = await readScores(tf.tidy(() => imageProbabilities(scores, kind)));
    if (thresholds === undefined) return likeliest(found, classes.length).map(String);
    return Array.from({ length: found.length / classes.length }, (_, i) =>
      thresholds
        .flatMap((least, label) =>
          (found[i * classes.length + label] ?? NaN) >= least ? [label] : [],
        )
        .join(),
    );
  };
  const answer = async (run: Comparison['int8'], images: tf.Tensor4D) => {
    const { outputs, scores } = await run(images);
    try {
      return { outputs, decided: await decisions(scores) };
    } finally {
      scores.dispose();
    }
  };

  const isLabelled = thresholds === undefined && names.every((name) => classes.includes(name));
  const count = { pictures: 0, same: 0, cosines: 0, float32: 0, int8: 0 };
  for await (const { images, labels } of part.batches({ inputSize, preprocessing }, {})) {
    try {
      const [single, integer] = [await answer(float32, images), await answer(int8, images)];
      const size = single.outputs.length / labels.length;
      for (const [i, label] of labels.entries()) {
        const [a, b] = [single, integer].map(({ outputs }) =>
          outputs.subarray(i * size, (i + 1) * size),
        ) as [Float32Array, Float32Array];
        count.cosines += dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
        const truth = String(classes.indexOf(names[label] ?? ''));
        count.float32 += Number(single.decided[i] === truth);
        count.int8 += Number(integer.decided[i] === truth);
        count.same += Number(single.decided[i] === integer.decided[i]);
      }
    } finally {
      images.dispose();
    }
    count.pictures += labels.length;
    onPictures?.(count.pictures, part.count);
  }
  const { pictures, same, cosines, ...right } = count;
  const cosine = cosines / pictures;
  return { pictures, same, cosine, right: isLabelled ? right : undefined };
}
