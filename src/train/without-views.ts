import * as tf from '@tensorflow/tfjs';
import type { Features } from './features.js';
import type { Labels } from './labels.js';

/** The labels of pictures, without those of their views. */
export function labelsOfPictures({ labels, labelSets, views = 1 }: Labels): Labels {
  return { labels: labels.filter((_, image) => image % views === 0), labelSets };
}

/** The features of pictures, without those of their views, in a new tensor. */
export function withoutViews({ values, featureShape, ...own }: Features): Features {
  const { views = 1 } = own;
  const labels = labelsOfPictures(own);
  const rows = labels.labels.map((_, picture) => picture * views);
  return {
    ...{ ...labels, featureShape },
    values:
      views === 1 ? values.clone() : tf.tidy(() => tf.gather(values, tf.tensor1d(rows, 'int32'))),
  };
}
