import type * as tf from '@tensorflow/tfjs';
import { ArgumentError } from '../errors.js';

/** The setting of a layer, or of one inside it, whose name matches. */
function settingIn(config: unknown, name: RegExp): string | undefined {
  if (typeof config !== 'object' || config === null) return undefined;
  for (const [key, value] of Object.entries(config)) {
    if (name.test(key) && value != null) return key;
    const inner = settingIn(value, name);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

/**
 * Checks that layers with weights to train have no setting that training here would ignore. TensorFlow.js applies constraints only
 * when weights are set: the head that is loaded would not be the one that was trained.
 *
 * @throws ArgumentError if one has
 */
export function requirePlainLayers(
  subject: string,
  layers: Iterable<tf.layers.Layer>,
  settings: 'constraints' | 'constraints and regularizers',
): void {
  const name = settings === 'constraints' ? /Constraint$/ : /(Constraint|Regularizer)$/;
  for (const layer of layers) {
    if (layer.trainableWeights.length === 0) continue;
    const found = settingIn(layer.getConfig(), name);
    if (found === undefined) continue;
    const remedy = found.endsWith('Regularizer')
      ? 'use dropout, or l2 for a pooled head'
      : 'remove it';
    throw new ArgumentError(
      `${subject}: expected layers without ${settings}, which training here doesn't apply, got ${found} in layer "${layer.name}"; ${remedy}`,
    );
  }
}
