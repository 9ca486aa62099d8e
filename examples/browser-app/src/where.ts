const VERTICAL = ['upper', 'middle', 'lower'] as const;
const HORIZONTAL = ['left', 'centre', 'right'] as const;

/** Relative variation of a map below which it counts as constant: float32's rounding. */
const FLAT = 1e-6;

function place(index: number, height: number, width: number): string {
  const row = Math.floor(index / width);
  const third = (at: number, size: number) =>
    Math.min(VERTICAL.length - 1, Math.floor((VERTICAL.length * (at + 0.5)) / size));
  const [vertical, horizontal] = [third(row, height), third(index % width, width)];
  if (vertical === 1 && horizontal === 1) return 'in the centre';
  return `at the ${VERTICAL[vertical] ?? ''} ${HORIZONTAL[horizontal] ?? ''}`;
}

/** Describes a class activation map in words. */
export function describeMap(
  values: Float32Array,
  [height, width]: readonly [number, number],
  className: string,
): string {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const scale = Math.max(Math.abs(least), Math.abs(most));
  if (most - least <= FLAT * scale) {
    return `The evidence for “${className}” is the same everywhere in the picture.`;
  }
  const [best, worst] = [most, least].map((value) => place(values.indexOf(value), height, width));
  // A small object can have both beside each other.
  const weakest = best === worst ? '' : ` and weakest ${worst}`;
  return `Evidence for “${className}” is strongest ${best}${weakest}.`;
}
