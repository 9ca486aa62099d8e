import type * as tf from '@tensorflow/tfjs';
import { ArgumentError } from '../errors.js';
import { scoreKindOf } from '../model/scores.js';
import type { Owned } from './owned.js';

/** A classifier's models: the current one, and those that fine-tuning replaced while others were using them. */
export class Lifetime {
  private retired: Owned[] = [];
  private uses = 0;
  private isDisposed = false;

  constructor(private owned: Owned) {}

  /** @throws ArgumentError if the classifier has been disposed */
  get current(): Owned {
    if (!this.isDisposed) return this.owned;
    throw new ArgumentError('classifier: expected one that is not disposed, got a disposed one');
  }

  /**
   * Runs `work` with the current model, which stays alive if fine-tuning replaces it meanwhile. If it fails because the classifier is
   * disposed meanwhile, the error says so.
   */
  async use<T>(
    method: string,
    work: (model: tf.LayersModel) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const { model } = this.current;
    // Throws if its head is being trained.
    scoreKindOf('classifier', model);
    this.uses++;
    try {
      return await work(model);
    } catch (cause) {
      // The errors of TensorFlow.js: "Container 'x' is already disposed.", "Tensor is disposed.".
      if (!this.isDisposed || !String(cause).includes('disposed')) throw cause;
      // The reason, if it came before dispose().
      signal?.throwIfAborted();
      throw new ArgumentError(
        `classifier: expected one that is not disposed until ${method}() has ended, got dispose() meanwhile; await the call first`,
        { cause },
      );
    } finally {
      this.uses--;
      this.freeRetired();
    }
  }

  /** Replaces the model. The old one is disposed once nobody can be using it any more. */
  replace(own: Owned): void {
    this.retired.push(this.current);
    this.owned = own;
    this.freeRetired();
  }

  /** @returns whether it wasn't disposed before */
  dispose(): boolean {
    if (this.isDisposed) return false;
    this.isDisposed = true;
    for (const owned of [...this.retired, this.owned]) owned.dispose();
    return true;
  }

  /** A model whose backbone was given out is kept: others may be using it. */
  private freeRetired(): void {
    if (this.uses > 0 || this.isDisposed) return;
    const free = this.retired.filter((owned) => !owned.lends());
    this.retired = this.retired.filter((owned) => owned.lends());
    for (const owned of free) owned.dispose();
  }
}
