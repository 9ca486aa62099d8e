import * as tf from '@tensorflow/tfjs';
import { present } from '../errors.js';
import type { Features } from './features.js';
import { type Labels, plainRows } from './labels.js';

/** The labels of pictures, without those of their views. */
export function labelsOfPictures(of: Labels): Labels {
  const { labels, labelSets } = of;
  return { labels: plainRows(of).map((row) => present(labels[row], 'label')), labelSets };
}

/** The features of pictures, without those of their views, in a new tensor. */
export function withoutViews({ values, featureShape, ...own }: Features): Features {
  const { views = 1 } = own;
  return {
    ...{ ...labelsOfPictures(own), featureShape },
    values:
      views === 1
        ? values.clone()
        : tf.tidy(() => tf.gather(values, tf.tensor1d(plainRows(own), 'int32'))),
  };
}
