import type { Shape } from '../layers/factory.js';

/** What an `Einsum` computes. */
export interface Einsum {
  readonly output: Shape;
  /** The size of each index, of the inputs and so of the output. */
  readonly sizes: ReadonlyMap<string, number>;
}

const TERM = /^[A-Za-z]*(\.\.\.[A-Za-z]*)?$/;
const ELLIPSIS = '...';

/** The indices of a term, one per axis; those of an ellipsis are numbered from the last, `-1`. */
function indicesOf(term: string, rank: number): string[] | undefined {
  const [before = '', after] = term.split(ELLIPSIS);
  if (after === undefined) return before.length === rank ? Array.from(before) : undefined;
  const hidden = rank - before.length - after.length;
  if (hidden < 0) return undefined;
  const middle = Array.from({ length: hidden }, (_, i) => String(i - hidden));
  return [...Array.from(before), ...middle, ...Array.from(after)];
}

/** The output of an equation without one: the ellipsis, and indices that occur once, in the order of the alphabet. */
function implied(terms: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const letter of terms.join('').replaceAll('.', '')) {
    counts.set(letter, (counts.get(letter) ?? 0) + 1);
  }
  const once = [...counts.keys()].filter((letter) => counts.get(letter) === 1);
  const ellipsis = terms.some((term) => term.includes(ELLIPSIS)) ? ELLIPSIS : '';
  return ellipsis + once.sort().join('');
}

/**
 * Reads an equation such as `bij,bjk->bik` for inputs of certain shapes (https://onnx.ai/onnx/operators/onnx__Einsum.html); undefined if
 * it doesn't fit them.
 */
export function termsOf(equation: string, shapes: readonly Shape[]): Einsum | undefined {
  const [left = '', right] = equation.replaceAll(/\s/g, '').split('->');
  const terms = left.split(',');
  const result = right ?? implied(terms);
  if (terms.length !== shapes.length || ![...terms, result].every((term) => TERM.test(term))) {
    return undefined;
  }
  const sizes = new Map<string, number>();
  let hidden = 0;
  for (const [i, term] of terms.entries()) {
    const shape = shapes[i] ?? [];
    const indices = indicesOf(term, shape.length);
    if (indices === undefined) return undefined;
    hidden = Math.max(hidden, indices.filter((index) => index.startsWith('-')).length);
    for (const [axis, index] of indices.entries()) {
      const size = shape[axis] ?? 1;
      const known = sizes.get(index) ?? 1;
      if (known !== 1 && size !== 1 && known !== size) return undefined;
      sizes.set(index, Math.max(known, size));
    }
  }
  const letters = result.replace(ELLIPSIS, '').length;
  const made = indicesOf(result, letters + (result.includes(ELLIPSIS) ? hidden : 0)) ?? [];
  const output = made.flatMap((index) => sizes.get(index) ?? []);
  return output.length === made.length ? { output, sizes } : undefined;
}
