import type * as tf from '@tensorflow/tfjs';

/** What TensorFlow.js's types leave out of a dropout. */
interface Seeded {
  seed: number | undefined;
}

/** The dropouts of a model, which draw their masks by what is set here. */
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

  /** Without a seed of its own, a step would draw a mask that no second run draws, or one that all others draw. */
  seed(seedOf: (index: number) => number): void {
    for (const [i, { layer }] of this.found.entries()) layer.seed = seedOf(i);
  }

  /** Gives them the seeds that they had: a model that was saved with one would draw one mask for all steps of `fit`. */
  restore(): void {
    for (const { layer, before } of this.found) layer.seed = before;
  }
}
