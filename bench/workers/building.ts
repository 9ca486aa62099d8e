import type * as tf from '@tensorflow/tfjs';
import {
  buildDenseResnet,
  buildFlattenedResnet,
  buildPooledResnet,
  planResnet,
} from 'resnet-heads';
import { type Preparation, SHAPE } from './work.js';

const BUILDERS = {
  pooled: buildPooledResnet,
  flattened: buildFlattenedResnet,
  dense: buildDenseResnet,
} as const;

export type HeadName = keyof typeof BUILDERS;
export const HEADS = Object.keys(BUILDERS) as readonly HeadName[];

const entries = HEADS.flatMap((head): readonly (readonly [string, Preparation])[] => [
  [`plan/${head}`, () => () => planResnet({ head, ...SHAPE })],
  [
    `build/${head}`,
    () => () => {
      BUILDERS[head](SHAPE).dispose();
    },
  ],
]);

export const building: Readonly<Record<string, Preparation>> = Object.fromEntries(entries);

export const pooled = (): tf.LayersModel => buildPooledResnet({ ...SHAPE, seed: 1 });
