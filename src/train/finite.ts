import * as tf from '@tensorflow/tfjs';
import { present } from '../errors.js';
import { volume } from '../layers/cost/layer-cost.js';
import { readAndDispose } from '../model/dispose.js';
import type { Examples } from './examples.js';
import { VALUES } from './linear/scale.js';
import { requireFinite } from './linear/search.js';
import { sectionsOf } from './linear/sections.js';

/**
 * Checks features that no scale is computed of. A loss doesn't tell: wasm's ReLU turns NaN into 0.
 *
 * @throws ArgumentError if one isn't finite
 */
export async function requireFiniteFeatures(subject: string, examples: Examples): Promise<void> {
  const height = Math.floor(VALUES / volume(examples.shape));
  for await (const { section } of sectionsOf(examples, height)) {
    // One value that isn't finite makes the sum so.
    const [sum] = await readAndDispose(tf.tidy(() => section.sum()));
    requireFinite(subject, present(sum, 'sum'));
  }
}
