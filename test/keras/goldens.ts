import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { draw } from '../setup/draw';

export const FOLDER = join(__dirname, '../goldens/keras3');

interface Golden {
  readonly inputShape: readonly number[];
  readonly outputs: readonly (readonly number[])[];
}

export const goldens = JSON.parse(readFileSync(join(FOLDER, 'expected.json'), 'utf8')) as Readonly<
  Record<string, Golden>
>;

export const archive = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(join(FOLDER, `${name}.keras`)));

/** What a model answers to the picture of scripts/goldens/keras3_goldens.py. */
export function answers(model: tf.LayersModel, shape: readonly number[]): Float32Array[] {
  const size = shape.reduce((product, each) => product * each, 1);
  return tf.tidy(() => {
    const answer = model.predict(tf.tensor(draw('image', size, 0, 255), [1, ...shape]));
    return [answer].flat().map((each) => each.dataSync<'float32'>());
  });
}

/** Frees a model's weights. Of a layer that is called twice, TensorFlow.js's own dispose() frees nothing. */
export function free(model: tf.LayersModel): void {
  for (const weight of model.weights) weight.dispose();
}
