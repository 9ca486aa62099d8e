import type * as tf from '@tensorflow/tfjs';

/** A dropout layer's seed, which TensorFlow.js's types leave out. */
interface Seeded {
  seed: number | undefined;
}

/** The dropout layers of a model, whose seeds are set before each step. */
export class Dropouts {
  private readonly found: readonly {
    readonly layer: Seeded;
    readonly before: number | undefined;
  }[];

  constructor(model: tf.LayersModel) {
    this.found = model.layers
      .filter((layer) => layer.getClassName().endsWith('Dropout'))
      .map((layer) => layer as unknown as Seeded)
      .map((layer) => ({ layer, before: layer.seed }));
  }

  /** Sets the seeds for a step. Without one, masks couldn't be reproduced; with the same one, all steps would use one mask. */
  seed(seedOf: (index: number) => number): void {
    for (const [i, { layer }] of this.found.entries()) layer.seed = seedOf(i);
  }

  /** Restores the original seeds: a model saved with a seed would use one mask for all steps of `fit`. */
  restore(): void {
    for (const { layer, before } of this.found) layer.seed = before;
  }
}
