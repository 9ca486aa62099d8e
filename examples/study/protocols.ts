import type { Protocol } from './results.js';

/** Of a class: few, some, and all that the cats and dogs have. */
const SIZES = [5, 20, 80];
/**
 * So wide that no head's best lies beyond: Adam moves each weight by about its rate, which sums up over the 50,176
 * inputs of a flattened map, and hardly moves a single layer on few pictures.
 */
const LEARNING_RATES = [1e-5, 5e-5, 2e-4, 1e-3, 5e-3, 3e-2];

export const FULL: Protocol = {
  sizes: SIZES,
  // With 1 to 5 this protocol was worked out.
  seeds: [11, 12, 13, 14, 15],
  epochs: 100,
  patience: 10,
  batchSize: 32,
  learningRates: LEARNING_RATES,
  // A quarter of the heads' default: a flattened head on MobileNet then has 13 million weights, not 51, and all runs
  // take minutes. What it takes from flattened heads is cost and room to overfit.
  hiddenUnits: 256,
};

/** Goes through everything, and says nothing about heads. */
export const QUICK: Protocol = {
  sizes: [2, 4],
  seeds: [1, 2],
  epochs: 3,
  patience: 1,
  batchSize: 32,
  learningRates: [1e-3, 1e-2],
  hiddenUnits: 8,
};

/** How many pictures each class has. */
export function countByClass(labels: ArrayLike<number>): number[] {
  const counts: number[] = [];
  for (const label of Array.from(labels)) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

/**
 * The protocol, without sizes that the pictures don't reach.
 *
 * @throws Error where they reach none
 */
export function fitProtocol(protocol: Protocol, labels: ArrayLike<number>): Protocol {
  const most = Math.min(...countByClass(labels));
  const sizes = protocol.sizes.filter((size) => size <= most);
  if (sizes.length === 0) {
    throw new Error(
      `--data: expected at least ${Math.min(...protocol.sizes)} pictures of each class to train on, got ${most}`,
    );
  }
  return { ...protocol, sizes };
}
