import { present } from './errors.js';
import { randomBy, shuffled } from './random.js';
import type { LabelSet } from './label-sets.js';

/** A part to fill: how many more examples it should get, in all and of each class. */
export interface Room {
  total: number;
  readonly byClass: Map<number, number>;
}

/** How many examples each class has. */
export function countsByClass(sets: readonly LabelSet[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const label of sets.flat()) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}

/** The part that lacks a class most, then the one that lacks examples most; each of several such parts with the same chance. */
function neediest(rooms: readonly Room[], label: number | undefined, random: () => number): number {
  const lacks = (part: number): readonly [number, number] => {
    const { total, byClass } = present(rooms[part], 'part');
    return [label === undefined ? 0 : (byClass.get(label) ?? 0), total];
  };
  let [best, ties] = [0, 1];
  for (let part = 1; part < rooms.length; part++) {
    const [own, most] = [lacks(part), lacks(best)];
    const order = own[0] - most[0] || own[1] - most[1];
    ties = order > 0 ? 1 : ties + (order === 0 ? 1 : 0);
    if (order > 0 || (order === 0 && random() * ties < 1)) best = part;
  }
  return best;
}

/**
 * Distributes examples to parts so that each class is divided as the whole is: iterative stratification (Sechidis, Tsoumakas and
 * Vlahavas, ECML PKDD 2011). The class with the fewest examples left goes first, those without a label last.
 *
 * @returns the part of each example
 */
export function distribute(
  sets: readonly LabelSet[],
  rooms: readonly Room[],
  seed: number,
): Int32Array {
  const random = randomBy(seed);
  // Examples of one class may be in an order that matters, such as by day.
  const order = [...shuffled(sets.length, seed)];
  const members = new Map<number, number[]>();
  for (const example of order) {
    for (const label of sets[example] ?? []) {
      const own = members.get(label);
      if (own) own.push(example);
      else members.set(label, [example]);
    }
  }
  const left = countsByClass(sets);
  const parts = new Int32Array(sets.length).fill(-1);
  const place = (example: number, label: number | undefined) => {
    if (parts[example] !== -1) return;
    const part = neediest(rooms, label, random);
    const room = present(rooms[part], 'part');
    room.total--;
    for (const each of sets[example] ?? []) {
      room.byClass.set(each, (room.byClass.get(each) ?? 0) - 1);
      left.set(each, (left.get(each) ?? 0) - 1);
    }
    parts[example] = part;
  };
  for (const label of rarestFirst(left)) {
    for (const example of members.get(label) ?? []) place(example, label);
  }
  for (const example of order) place(example, undefined);
  return parts;
}

/** The classes, always the one with the fewest examples left, while `left` changes. */
function* rarestFirst(left: ReadonlyMap<number, number>): Generator<number> {
  const waiting = new Set(left.keys());
  while (waiting.size > 0) {
    let rarest: number | undefined;
    for (const label of waiting) {
      const count = left.get(label) ?? 0;
      if (count === 0) waiting.delete(label);
      else if (rarest === undefined || count < (left.get(rarest) ?? 0)) rarest = label;
    }
    if (rarest === undefined) return;
    yield rarest;
  }
}

/**
 * Assigns examples to folds of about the same size, in which each class is about as frequent.
 *
 * @returns the fold of each
 */
export function foldByLabelSets(
  sets: readonly LabelSet[],
  count: number,
  seed: number,
): Int32Array {
  const counts = countsByClass(sets);
  const rooms = Array.from({ length: count }, () => ({
    total: sets.length / count,
    byClass: new Map([...counts].map(([label, own]) => [label, own / count])),
  }));
  return distribute(sets, rooms, seed);
}
