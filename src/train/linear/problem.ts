import { present } from '../../errors.js';
import { pauser } from '../../event-loop.js';
import type { ScoreKind } from '../../model/scores.js';
import { lbfgs, type Minimum } from './lbfgs.js';
import { evaluateAll, judge, type RowLosses, type Verdicts } from './loss.js';
import { together } from './together.js';
import type { Examples } from '../examples.js';
import type { Rows } from './rows.js';

export interface LinearTask {
  readonly kind: ScoreKind;
  readonly outputs: number;
  readonly training: Examples;
  readonly validation: Examples | undefined;
  readonly classWeights: Float32Array | undefined;
  /** Undefined to choose one. */
  readonly l2: number | undefined;
  /** Determines the folds of cross-validation. */
  readonly seed: number;
  readonly signal: AbortSignal | undefined;
  /** Called before the first fit and after each, with the largest number there may be. */
  readonly onFit: (done: number, most: number) => void;
}

/** How many parameters are fitted at once; L-BFGS holds about 30 numbers for each. */
const MOST_PARAMETERS = 2 ** 21;

export const meanOf = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (const value of Array.from(values)) sum += value;
  return sum / values.length;
};

/** Rows of training pictures, with all that a fit needs. */
export class Problem {
  private readonly pause = pauser();

  constructor(
    readonly task: LinearTask,
    readonly rows: Rows,
    private readonly rowWeights: Float32Array,
  ) {}

  get size(): number {
    return this.task.outputs * (this.rows.width + 1);
  }

  /** Weights of the training rows that `use` takes, which sum to 1. */
  weightsOf(use: (row: number) => boolean): Float32Array {
    const weights = this.rowWeights.map((weight, row) => (use(row) ? weight : 0));
    const sum = meanOf(weights) * weights.length;
    return weights.map((weight) => weight / sum);
  }

  /** Minimises the losses for several weightings of the rows side by side. */
  async solve(
    starts: readonly Float64Array[],
    weightings: readonly Float32Array[],
    l2: number,
    tolerance: number,
  ): Promise<Minimum<RowLosses>[]> {
    const { kind, signal } = this.task;
    const most = Math.max(1, Math.floor(MOST_PARAMETERS / this.size));
    const solved: Minimum<RowLosses>[] = [];
    for (let from = 0; from < starts.length; from += most) {
      const tasks = starts
        .slice(from, from + most)
        .map(
          (start) => (ask: (at: Float64Array) => Promise<RowLosses>) =>
            lbfgs(ask, start, { tolerance, signal }),
        );
      const part = await together(tasks, async (points, indices) => {
        await this.pause();
        const questions = points.map((parameters, i) => {
          const rowWeights = present(weightings[from + present(indices[i], 'index')], 'weights');
          return { parameters, rowWeights, l2 };
        });
        return evaluateAll(kind, this.rows, questions);
      });
      solved.push(...part);
    }
    return solved;
  }

  /** Judges pictures, but not their views. */
  async judge(parameters: Float64Array, rows = this.rows): Promise<Verdicts> {
    const { losses, right } = await judge(this.task.kind, rows, parameters);
    const isPlain = (_: number, row: number) => row % (rows.views ?? 1) === 0;
    return { losses: losses.filter(isPlain), right: right.filter(isPlain) };
  }
}
