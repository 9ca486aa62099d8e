import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { type Features, fitHead, type FitHeadOptions, pooledHead } from 'resnet-heads';
import type { Preparation, Work } from './work.js';

/** Numbers of rows; `python.py` writes as many. */
export const ROWS = [2_000, 20_000, 200_000] as const;
/** Of a ResNet-50's pooled features. */
export const WIDTH = 2048;
const CLASSES = 100;
/** Strength of the fit at one strength. `python.py` has the same. */
const L2 = 0.01;
export const BATCHES = [32, 256] as const;
/** Epochs in a turn, as the first has more to do in Keras. */
const EPOCHS = 3;

const HEAD = pooledHead({ numClasses: CLASSES });

/** The strengths that the default fit tried, for the peer to try the same. */
const pathFile = (rows: number): string => `strengths-${rows}.json`;

let read: { readonly rows: number; readonly features: Features } | undefined;

/** One set of features at a time, as the largest takes 1.6 GB. */
function featuresOf(folder: string, rows: number): Features {
  if (read?.rows === rows) return read.features;
  read?.features.values.dispose();
  const bytes = readFileSync(join(folder, `features-${rows}.f32`));
  const numbers = new Float32Array(bytes.buffer, bytes.byteOffset, rows * WIDTH);
  const labels = readFileSync(join(folder, `labels-${rows}.i32`));
  const features = {
    values: tf.tensor2d(numbers, [rows, WIDTH]),
    labels: new Int32Array(new Uint8Array(labels).buffer),
    featureShape: [7, 7, WIDTH],
  };
  read = { rows, features };
  return features;
}

const fitting =
  (rows: number, options: FitHeadOptions): Preparation =>
  (folder): Work =>
  async () => {
    const fit = await fitHead(HEAD, featuresOf(folder, rows), options);
    fit.head.dispose();
    if (fit.solver === 'lbfgs' && fit.path.length > 0) {
      writeFileSync(join(folder, pathFile(rows)), JSON.stringify(fit.path.map(({ l2 }) => l2)));
    }
  };

export const heads: Readonly<Record<string, Preparation>> = Object.fromEntries(
  ROWS.flatMap((rows): (readonly [string, Preparation])[] => [
    [`head/fit/${rows}`, fitting(rows, { l2: L2 })],
    [`head/default/${rows}`, fitting(rows, {})],
    ...BATCHES.map(
      (batchSize) =>
        [`epoch/${rows}/${batchSize}`, fitting(rows, { epochs: EPOCHS, batchSize })] as const,
    ),
  ]),
);
