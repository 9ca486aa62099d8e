import * as tf from '@tensorflow/tfjs';
import { preprocess } from '../../base/preprocess.js';
import { readAndDispose } from '../../model/dispose.js';
import type { BaseRunner } from '../../train/extractor.js';
import type { EngineName } from '../../engines.js';
import type { Engine, EngineTask } from './engine.js';

const CHANNELS = 3;

/** An engine that runs on TensorFlow.js's active backend. */
export function onBackend(
  name: EngineName,
  runner: BaseRunner,
  { reduction, preprocessing, inputSize: [height, width] }: EngineTask,
): Engine {
  return {
    name,
    async run(pixels, count) {
      const features = tf.tidy(() => {
        const shape = [count, height, width, CHANNELS] as [number, number, number, number];
        const images = tf.tensor4d(Float32Array.from(pixels), shape);
        return reduction.reduce(runner.run(preprocess(images, preprocessing)));
      });
      return Float32Array.from(await readAndDispose(features));
    },
    dispose: () => {
      runner.dispose();
      return Promise.resolve();
    },
  };
}
