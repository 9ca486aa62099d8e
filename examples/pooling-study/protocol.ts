import { HEADS, HIDDEN_UNITS, type StudyHead } from './heads.js';

/** Training pictures per class; `'all'` takes a task's whole pool. */
export const SIZES = [5, 20, 60, 'all'] as const;
export type Size = (typeof SIZES)[number];

/** What is trained on: pictures with their labels, or with a share of the labels changed. */
export const CONDITIONS = ['plain', 'noise'] as const;
export type Condition = (typeof CONDITIONS)[number];

/** Share of the training labels that `'noise'` changes to another class. */
export const NOISE = 0.2;
/** The size at which labels are changed. */
export const NOISE_SIZE: Size = 20;

/** Each seed draws other test and training pictures, first weights, orders and dropout. With 101 to 103 the protocol was worked out. */
export const SEEDS: readonly number[] = Array.from({ length: 10 }, (_, i) => 201 + i);

/** What is run. */
export interface Plan {
  readonly heads: readonly StudyHead[];
  readonly sizes: readonly Size[];
  readonly conditions: readonly Condition[];
  readonly seeds: readonly number[];
  readonly hiddenUnits: number;
  /** Which changes of the test pictures are made. */
  readonly changes: 'all' | 'largest shifts';
}

export const FULL: Plan = {
  ...{ heads: HEADS, sizes: SIZES, conditions: CONDITIONS, seeds: SEEDS },
  ...{ hiddenUnits: HIDDEN_UNITS, changes: 'all' },
};
/** Only the heads that are tested, with fewer seeds, hidden units and changes of the pictures: under five minutes. */
export const QUICK: Plan = {
  heads: HEADS.filter((head) => !head.includes('max')),
  ...{ sizes: [5, 20, 'all'], conditions: ['plain'], seeds: SEEDS.slice(0, 5) },
  ...{ hiddenUnits: 64, changes: 'largest shifts' },
};

/** One head, trained once. */
export interface Cell {
  readonly condition: Condition;
  readonly size: Size;
  readonly seed: number;
}

/** A task's whole pool has to be this many times a size; otherwise the two would say the same. */
const APART = 2;

/** All that a plan trains each head on, if a task has so many pictures of each class to train on. */
export function cellsOf({ sizes, conditions, seeds }: Plan, trainPerClass: number): Cell[] {
  const apart = sizes.filter((size) => size === 'all' || APART * size <= trainPerClass);
  return apart.flatMap((size) =>
    conditions
      .filter((condition) => condition === 'plain' || size === NOISE_SIZE)
      .flatMap((condition) => seeds.map((seed) => ({ condition, size, seed }))),
  );
}
