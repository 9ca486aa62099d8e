import { join } from 'node:path';
import { loadWeights, resnet } from 'resnet-heads';
import type { Preparation } from './work.js';

/** As bench/workers/python.py writes them: a ResNet-50 with ImageNet's top, 103 MB each. */
export const WEIGHT_FILES = {
  'Keras 2 .h5': 'resnet50.h5',
  '.weights.h5': 'resnet50.weights.h5',
  '.keras': 'resnet50.keras',
  safetensors: 'resnet50.safetensors',
} as const;

export const weights: Readonly<Record<string, Preparation>> = Object.fromEntries(
  Object.values(WEIGHT_FILES).map((file) => [
    `load/${file}`,
    (folder: string) => {
      const model = resnet({ includeTop: true, weights: 'pending' });
      return () => loadWeights(model, join(folder, file));
    },
  ]),
);
