import type * as tf from '@tensorflow/tfjs';
import { inputsOf } from './graph.js';

/** Key of our entry in a model's user-defined metadata, which is saved in its model.json. */
const KEY = 'resnet-heads';

interface Seam {
  /** Name of the layer whose output is the feature map. */
  readonly features: string;
}

/** Records where the base ends and the head begins; the base's own metadata are kept. */
export function markSeam(model: tf.LayersModel, base: tf.LayersModel, seam: Seam): void {
  model.setUserDefinedMetadata({ ...base.getUserDefinedMetadata(), [KEY]: { ...seam } });
}

/** Reads what {@link markSeam} recorded, also after saving and loading. */
export function readSeam(model: tf.LayersModel): Seam | undefined {
  const metadata = model.getUserDefinedMetadata() as Readonly<Record<string, unknown>> | undefined;
  const seam = metadata?.[KEY];
  if (typeof seam !== 'object' || seam === null || !('features' in seam)) return undefined;
  return typeof seam.features === 'string' ? { features: seam.features } : undefined;
}

/** Every tensor that `outputs` depend on, including themselves, starting from the outputs. */
export function* ancestors(...outputs: tf.SymbolicTensor[]): Generator<tf.SymbolicTensor> {
  const seen = new Set<number>();
  const pending = outputs;
  for (let tensor = pending.pop(); tensor !== undefined; tensor = pending.pop()) {
    if (seen.has(tensor.id)) continue;
    seen.add(tensor.id);
    yield tensor;
    pending.push(...inputsOf(tensor));
  }
}

/** Finds the output of the layer `layerName` among the tensors that `output` depends on. */
export function findFeatures(
  output: tf.SymbolicTensor,
  layerName: string,
): tf.SymbolicTensor | undefined {
  for (const tensor of ancestors(output)) {
    if (tensor.sourceLayer.name === layerName) return tensor;
  }
  return undefined;
}

/** The features that a model's base ends in; undefined if it isn't known where, or if the model has no head. */
export function endOfBase(model: tf.LayersModel): tf.SymbolicTensor | undefined {
  const [output] = model.outputs;
  const seam = readSeam(model);
  const found = output && seam && findFeatures(output, seam.features);
  return found?.id === output?.id ? undefined : found;
}

/** Part of a model: all of it, its base or its head. */
export type Scope = 'all' | 'base' | 'head';

/** The layers of a scope, in the model's order. If it isn't known where the base ends, all layers belong to it. */
export function layersIn(model: tf.LayersModel, scope: Scope): tf.layers.Layer[] {
  const [output] = model.outputs;
  const seam = readSeam(model);
  if (scope === 'all' || output === undefined) return model.layers;
  const features = seam && findFeatures(output, seam.features);
  if (features === undefined) return scope === 'base' ? model.layers : [];
  const base = new Set<tf.layers.Layer>();
  for (const { sourceLayer } of ancestors(features)) base.add(sourceLayer);
  return model.layers.filter((layer) => base.has(layer) === (scope === 'base'));
}
