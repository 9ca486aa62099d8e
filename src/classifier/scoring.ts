import type * as tf from '@tensorflow/tfjs';
import type { EngineName } from '../engine/names.js';
import type { ImageFormat } from '../pictures/set.js';
import { weightIds } from '../model/weight-ids.js';
import type { Scorer } from './scorer.js';

/** A scorer that has been started, and how many calls use it. */
interface Running {
  readonly weights: readonly object[];
  readonly scorer: Promise<Scorer>;
  users: number;
}

const isSame = (a: readonly object[], b: readonly object[]): boolean =>
  a.length === b.length && a.every((each, i) => each === b[i]);

/**
 * The scorer of a classifier: started at its first use, and started again once weights have changed, because an engine has copies of
 * them.
 */
export class Scoring {
  private current: Running | undefined;
  private used: EngineName | undefined;

  /** @param name the engine, by default the fastest */
  constructor(
    private readonly format: ImageFormat,
    private readonly name: EngineName | undefined,
  ) {}

  /** The engine that was used last. */
  get engine(): EngineName | undefined {
    return this.used;
  }

  /** Whether a scorer of the model has been started. */
  isRunning(model: tf.LayersModel): boolean {
    return this.current !== undefined && isSame(this.current.weights, weightIds(model));
  }

  /** Runs `work` with a scorer of the model, which isn't disposed before `work` has ended. */
  async use<T>(model: tf.LayersModel, work: (scorer: Scorer) => Promise<T>): Promise<T> {
    const running = this.of(model);
    running.users++;
    try {
      const scorer = await running.scorer;
      this.used = scorer.engine;
      return await work(scorer);
    } finally {
      running.users--;
      this.freeUnless(running === this.current, running);
    }
  }

  /** Frees the scorer, once the calls that use it have ended. */
  dispose(): void {
    const { current } = this;
    this.current = undefined;
    if (current) this.freeUnless(false, current);
  }

  private of(model: tf.LayersModel): Running {
    const weights = weightIds(model);
    if (this.current && isSame(this.current.weights, weights)) return this.current;
    this.dispose();
    // On demand, as all that follows only happens to pictures.
    const scorer = import('./scorer.js').then(({ startScorer }) =>
      startScorer(model, this.format, this.name),
    );
    const running = { weights, scorer, users: 0 };
    this.current = running;
    // The next use tries again. The error reaches those who use it.
    scorer.catch(() => {
      if (this.current === running) this.current = undefined;
    });
    return running;
  }

  private freeUnless(isCurrent: boolean, { users, scorer }: Running): void {
    if (isCurrent || users > 0) return;
    // A scorer that failed to start has nothing to free.
    void scorer.then(({ dispose }) => dispose()).catch(() => undefined);
  }
}
