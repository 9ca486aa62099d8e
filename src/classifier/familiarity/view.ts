import * as tf from '@tensorflow/tfjs';
import { present } from '../../errors.js';
import { ancestors, endOfBase, layersIn } from '../../model/seam.js';
import { fixedEnd } from '../../train/part-head.js';

/** A model that returns scores and the features that its head learned from, in one pass. */
export interface FeatureView {
  /** Images → `[scores, features]`. A view: the model owns the layers. */
  readonly model: tf.LayersModel;
  /** What its features are in the classifier's own model. */
  readonly features: tf.SymbolicTensor;
  readonly channels: number;
}

const views = new WeakMap<tf.LayersModel, FeatureView>();

/** The view of a model; undefined if it isn't known where its backbone ends. */
export function featureViewOf(model: tf.LayersModel): FeatureView | undefined {
  const known = views.get(model);
  if (known !== undefined) return known;
  const output = present(model.outputs[0], 'output');
  const map = endOfBase(model);
  if (map === undefined) return undefined;
  const tensors = new Map([...ancestors(output)].map((each) => [each.sourceLayer, each]));
  const head = layersIn(model, 'head').flatMap((layer) => tensors.get(layer) ?? []);
  const reduced = fixedEnd(map, head) ?? map;
  const view = {
    model: tf.model({ inputs: model.inputs, outputs: [output, reduced] }),
    features: reduced,
    channels: present(map.shape.at(-1) ?? undefined, 'channels'),
  };
  views.set(model, view);
  return view;
}
