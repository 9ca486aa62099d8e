import type * as tf from '@tensorflow/tfjs';

/** Key under which a model's user-defined metadata, saved in its model.json, keep ours. */
const KEY = 'resnet-heads';

interface Seam {
  /** Name of the layer whose output is the feature map. */
  readonly features: string;
}

/** Writes down where features end and the head begins, and keeps the base's own metadata. */
export function markSeam(model: tf.LayersModel, base: tf.LayersModel, seam: Seam): void {
  model.setUserDefinedMetadata({ ...base.getUserDefinedMetadata(), [KEY]: { ...seam } });
}

/** Reads what {@link markSeam} wrote, also after the model was saved and loaded. */
export function readSeam(model: tf.LayersModel): Seam | undefined {
  const metadata = model.getUserDefinedMetadata() as Readonly<Record<string, unknown>> | undefined;
  const seam = metadata?.[KEY];
  if (typeof seam !== 'object' || seam === null || !('features' in seam)) return undefined;
  return typeof seam.features === 'string' ? { features: seam.features } : undefined;
}
