import { randomBy, seedAt, shuffled } from '../../src/random.js';
import { NOISE, type Cell, type Size } from './protocol.js';

/** What a task's pictures are drawn by. */
export interface Pool {
  readonly labels: Int32Array;
  /** The block of each picture: pictures of a block are on the same side, as those of one person must be. */
  readonly blocks?: Int32Array;
  /** Pictures of each class to test on. */
  readonly testPerClass: number;
  /** Pictures of each class that are trained on at `'all'`. */
  readonly trainPerClass: number;
}

/** Indices of pictures, and the labels to train with. */
export interface Draw {
  readonly train: Int32Array;
  /** A class for each training picture, which `'noise'` changes for some. */
  readonly trainLabels: Int32Array;
  /** Sorted by class; the same for all sizes and conditions of a seed. */
  readonly test: Int32Array;
}

/** What a seed's random numbers are for. */
const KIND = { blocks: 1, pictures: 2, noise: 3 } as const;

/** All pictures in a random order, in which a block's are next to each other. */
function ordered({ labels, blocks }: Pool, seed: number): number[] {
  const order = [...shuffled(labels.length, seedAt(seed, KIND.pictures, 0))];
  if (blocks === undefined) return order;
  const count = Math.max(...blocks) + 1;
  const rank = new Map([...shuffled(count, seedAt(seed, KIND.blocks, 0))].map((b, i) => [b, i]));
  const rankOf = (picture: number) => rank.get(blocks[picture] ?? 0) ?? 0;
  return order.sort((a, b) => rankOf(a) - rankOf(b));
}

/** The class count of labels. */
export const classCount = (labels: Int32Array): number => Math.max(...labels) + 1;

/** Pictures of each class to train on. */
export const perClass = (size: Size, { trainPerClass }: Pool): number =>
  size === 'all' ? trainPerClass : size;

/** Gives some pictures another class, drawn from the others. */
function changed(labels: Int32Array, classes: number, seed: number): Int32Array {
  const random = randomBy(seedAt(seed, KIND.noise, 0));
  const order = shuffled(labels.length, seedAt(seed, KIND.noise, 1));
  const noisy = labels.slice();
  for (const i of order.subarray(0, Math.round(NOISE * labels.length))) {
    noisy[i] = ((labels[i] ?? 0) + 1 + Math.floor(random() * (classes - 1))) % classes;
  }
  return noisy;
}

/**
 * Draws the pictures of a cell. Test pictures come from the end of a random order and training pictures from its beginning; a block in
 * which both would be is left to the test. Smaller training sets are parts of larger ones.
 *
 * @throws Error if a class has too few pictures
 */
export function drawCell(pool: Pool, { condition, size, seed }: Cell): Draw {
  const { labels, blocks, testPerClass } = pool;
  const classes = classCount(labels);
  const order = ordered(pool, seed);
  const test = Array.from({ length: classes }, (): number[] => []);
  const last = new Set<number>();
  for (const picture of [...order].reverse()) {
    const own = test[labels[picture] ?? 0];
    if (own === undefined || own.length >= testPerClass) continue;
    own.push(picture);
    if (blocks) last.add(blocks[picture] ?? 0);
  }
  const tested = new Set(test.flat());
  const isFree = (picture: number) =>
    !tested.has(picture) && !(blocks && last.has(blocks[picture] ?? 0));
  const free = order.filter(isFree);
  // A picture at a time of each class, in an order that doesn't follow the blocks.
  const mixed = blocks
    ? [...shuffled(free.length, seedAt(seed, KIND.pictures, 1))].map((i) => free[i] ?? 0)
    : free;
  const train = Array.from({ length: classes }, (_, label) =>
    mixed.filter((picture) => labels[picture] === label).slice(0, perClass(size, pool)),
  );
  for (const [label, { length }] of train.entries()) {
    const short = length < perClass(size, pool) || (test[label]?.length ?? 0) < testPerClass;
    if (short) throw new Error(`class ${label}: too few pictures for ${size} per class`);
  }
  const chosen = Int32Array.from(train.flat());
  const own = chosen.map((picture) => labels[picture] ?? 0);
  return {
    train: chosen,
    trainLabels: condition === 'noise' ? changed(own, classes, seed) : own,
    test: Int32Array.from(test.flat()),
  };
}
