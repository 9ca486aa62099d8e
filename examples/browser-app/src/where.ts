const VERTICAL = ['upper', 'middle', 'lower'] as const;
const HORIZONTAL = ['left', 'centre', 'right'] as const;

/** A map that varies by less, relative to its largest value, varies by the rounding of float32. */
const FLAT = 1e-6;

function place(index: number, height: number, width: number): string {
  const row = Math.floor(index / width);
  const third = (at: number, size: number) =>
    Math.min(VERTICAL.length - 1, Math.floor((VERTICAL.length * (at + 0.5)) / size));
  const [vertical, horizontal] = [third(row, height), third(index % width, width)];
  if (vertical === 1 && horizontal === 1) return 'in the centre';
  return `at the ${VERTICAL[vertical] ?? ''} ${HORIZONTAL[horizontal] ?? ''}`;
}

/** Says in words what a class activation map shows in colours. */
export function describeMap(
  values: Float32Array,
  [height, width]: readonly [number, number],
  className: string,
): string {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const scale = Math.max(Math.abs(least), Math.abs(most));
  if (most - least <= FLAT * scale) {
    return `All of the picture speaks for “${className}” alike; no place stands out.`;
  }
  const [best, worst] = [values.indexOf(most), values.indexOf(least)];
  return `What speaks most for “${className}” lies ${place(best, height, width)}; what speaks least, ${place(worst, height, width)}.`;
}
