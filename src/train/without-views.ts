import * as tf from '@tensorflow/tfjs';
import { present } from '../errors.js';
import type { Features } from './features.js';
import type { Labels } from './labels.js';

/** The indices of pictures among their images, without those of their views. */
export const plainRows = ({ labels, views = 1 }: Pick<Labels, 'labels' | 'views'>): Int32Array =>
  Int32Array.from({ length: labels.length / views }, (_, picture) => picture * views);

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
