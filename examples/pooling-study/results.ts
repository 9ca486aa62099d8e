import type { StudyHead } from './heads.js';
import type { Cell } from './protocol.js';

/** One head, trained once and tested. Shares are from 0 to 1. */
export interface Run extends Cell {
  readonly task: string;
  readonly head: StudyHead;
  readonly trainAccuracy: number;
  readonly accuracy: number;
  /** Mean negative log-likelihood of the test pictures. */
  readonly loss: number;
  /** Accuracy on changed test pictures, by the change. */
  readonly changed: Readonly<Record<string, number>>;
  /** Expected calibration error, before a temperature was fitted and with it. */
  readonly calibrationBefore: number;
  readonly calibration: number;
  readonly temperature: number;
  /** 0 with L-BFGS, which has none. */
  readonly epochs: number;
  /** Of training, on features that were computed before. */
  readonly seconds: number;
  /** Whether each test picture, in the order of the draw, was classified correctly. */
  readonly right: readonly boolean[];
  /** The same at the largest shift to the left, and to the right. */
  readonly rightShifted: readonly (readonly boolean[])[];
}

/** What names a run. */
export const keyOf = ({
  task,
  head,
  condition,
  size,
  seed,
}: Omit<Run, keyof Cell> & Cell): string => [task, head, condition, size, seed].join('/');
