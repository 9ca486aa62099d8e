import type * as tf from '@tensorflow/tfjs';
import { toLiveLayers } from '../../analyze/live.js';
import { readTopology } from '../../analyze/topology.js';
import { Walk } from '../../analyze/walk.js';
import { ArgumentError } from '../../errors.js';
import { builtInCounters } from '../../layers/cost/counters.js';
import { volume } from '../../layers/cost/layer-cost.js';

/** 1 GB in float32, and what the first convolution of a ResNet gives for an image of 4,096 × 4,096. */
const MAX_NUMBERS = 2 ** 28;

/**
 * Checks that no layer of a model gives more numbers for one image than memory holds: an upsampling by 10,000
 * takes a few bytes of a topology, and no weights. What comes after a layer that nobody can count isn't checked.
 *
 * @throws ArgumentError where one does
 */
export function requireSmallActivations(model: tf.LayersModel, shape: readonly number[]): void {
  const graph = readTopology(model.toJSON(undefined, false));
  const walk = new Walk(new Map(builtInCounters()));
  const inputs = graph.inputs.map(({ layer }) => ({ row: layer, shape }));
  try {
    walk.run(graph, toLiveLayers(model.layers), inputs);
  } catch {
    // A layer that nobody can count, or with several outputs: what was counted until there is checked.
  }
  for (const { name, outputShape } of [{ name: 'input', outputShape: shape }, ...walk.rows]) {
    const numbers = volume(outputShape);
    if (numbers > MAX_NUMBERS) {
      throw new ArgumentError(
        `model: expected layers that give at most ${MAX_NUMBERS} numbers for one image, got ${numbers} from "${name}"; train it anew at a smaller input size`,
      );
    }
  }
}
