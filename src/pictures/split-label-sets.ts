import { ArgumentError } from '../errors.js';
import type { LabelSet } from '../label-sets.js';
import { hashText } from '../random.js';
import { countsByClass, distribute } from '../stratify.js';
import { heldOut, type HoldOut, requireHoldOut, type Split } from './split.js';

/**
 * Splits pictures with any number of labels into training and validation pictures, so that of each class about `validation × n`
 * are held out. A class always keeps a picture for training; each other class has one held out where its other labels allow it.
 * The same order and the same seed give the same split.
 *
 * @throws ArgumentError on an invalid argument, or if no class has two pictures
 */
export function splitByLabelSets<T extends { readonly label: number }>(
  all: readonly T[],
  labelSets: readonly LabelSet[],
  options: HoldOut,
): Split<T> {
  requireHoldOut(options);
  const { validation: share, seed = 0 } = options;
  const sets = all.map(({ label }) => labelSets[label] ?? []);
  const counts = countsByClass(sets);
  if (![...counts.values()].some((count) => count > 1)) {
    throw new ArgumentError(
      `pictures: expected a class with two or more pictures to hold some out, got ${counts.size} classes with one each`,
    );
  }
  const held = new Map([...counts].map(([label, count]) => [label, heldOut(count, share)]));
  const kept = new Map(
    [...counts].map(([label, count]) => [label, count - (held.get(label) ?? 0)]),
  );
  const total = Math.round(all.length * share);
  const rooms = [
    { total: all.length - total, byClass: kept },
    { total, byClass: held },
  ];
  const parts = distribute(sets, rooms, hashText(`${seed}/label sets`));
  // A class whose pictures have rarer labels, too, may have lost all of them to validation.
  const trained = new Set(sets.filter((_, i) => parts[i] === 0).flat());
  for (const [i, set] of sets.entries()) {
    if (parts[i] === 0 || set.every((label) => trained.has(label))) continue;
    parts[i] = 0;
    for (const label of set) trained.add(label);
  }
  return {
    train: all.filter((_, i) => parts[i] === 0),
    validation: all.filter((_, i) => parts[i] === 1),
  };
}
