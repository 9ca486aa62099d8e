import * as tf from '@tensorflow/tfjs';
import { present } from '../errors.js';
import { type Features, isStored, type StoredFeatures } from './features.js';
import { type Labels, plainRows } from './labels.js';

/** The labels of pictures, without those of their views. */
export function labelsOfPictures(of: Labels): Labels {
  const { labels, labelSets } = of;
  return { labels: plainRows(of).map((row) => present(labels[row], 'label')), labelSets };
}

/** The features of pictures, without those of their views: in a new tensor, or stored as they were. */
export function withoutViews(features: Features): Features;
export function withoutViews(features: Features | StoredFeatures): Features | StoredFeatures;
export function withoutViews(features: Features | StoredFeatures): Features | StoredFeatures {
  const { views = 1, featureShape } = features;
  const own = { ...labelsOfPictures(features), featureShape };
  const rows = plainRows(features);
  if (isStored(features)) {
    const read = (images: Int32Array) =>
      features.read(images.map((image) => present(rows[image], 'row')));
    return { ...own, shape: features.shape, read };
  }
  const { values } = features;
  return {
    ...own,
    values:
      views === 1 ? values.clone() : tf.tidy(() => tf.gather(values, tf.tensor1d(rows, 'int32'))),
  };
}
