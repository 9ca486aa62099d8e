import { show } from '../../errors.js';
import type { Shape } from '../../layers/factory.js';
import { broadcast } from './elementwise.js';
import { at, type Call, type Facts, fill, type Outcome, type Rule } from './facts.js';

const replaced = (shape: Shape, axis: number, size: number): number[] =>
  shape.map((each, i) => (i === axis ? size : each));

/** An output whose numbers come from other positions of the first input. */
function moved(
  { shape: from, values }: Facts,
  shape: Shape,
  source: (position: readonly number[]) => readonly number[],
): Outcome {
  const held = { shape: from, values };
  return { shape, values: values && fill(shape, (position) => at(held, source(position))) };
}

const transpose: Rule = (call) => {
  const facts = call.facts(0);
  const rank = facts.shape.length;
  const order = call.numbers('perm') ?? facts.shape.map((_, axis) => rank - 1 - axis);
  const isOrder = order.length === rank && new Set(order).size === rank;
  if (!isOrder) call.misfit(`an order of ${rank} axes, got ${show(order)}`);
  const shape = order.map((axis) => facts.shape[call.axis(axis, rank)] ?? 0);
  return [
    moved(facts, shape, (position) => facts.shape.map((_, i) => position[order.indexOf(i)] ?? 0)),
  ];
};

const concat: Rule = (call) => {
  const all = call.inputs.map((_, i) => call.facts(i));
  const [{ shape: first } = call.facts(0)] = all;
  const axis = call.axis(call.number('axis', 1), first.length);
  const fits = all.every(
    ({ shape }) =>
      shape.length === first.length && shape.every((size, i) => i === axis || size === first[i]),
  );
  if (!fits) call.misfit(`shapes that differ only at axis ${axis}`);
  const shape = replaced(
    first,
    axis,
    all.reduce((sum, each) => sum + (each.shape[axis] ?? 0), 0),
  );
  const known = all.every(({ values }) => values);
  const values = known
    ? fill(shape, (position) => {
        let index = position[axis] ?? 0;
        for (const each of all) {
          const size = each.shape[axis] ?? 0;
          if (index < size) return exactly(each, replaced(position, axis, index));
          index -= size;
        }
        return undefined;
      })
    : undefined;
  return [{ shape, values }];
};

/** The value at a position that is in range: nothing is broadcast. */
const exactly = ({ shape, values }: Facts, position: readonly number[]): number | undefined =>
  values?.[shape.reduce((sum, size, axis) => sum * size + (position[axis] ?? 0), 0)];

/** The indices replace one axis. */
const gather: Rule = (call) => {
  const data = call.facts(0);
  const indices = call.facts(1);
  const axis = call.axis(call.number('axis', 0), data.shape.length);
  const [before, after] = [data.shape.slice(0, axis), data.shape.slice(axis + 1)];
  const shape = [...before, ...indices.shape, ...after];
  if (data.values === undefined || indices.values === undefined) return [{ shape }];
  const size = data.shape[axis] ?? 0;
  const values = fill(shape, (position) => {
    const inner = position.slice(axis, axis + indices.shape.length);
    const index = exactly(indices, inner) ?? 0;
    const rest = position.slice(axis + indices.shape.length);
    return exactly(data, [...position.slice(0, axis), index < 0 ? index + size : index, ...rest]);
  });
  return [{ shape, values }];
};

/** Limits, axes and steps became inputs in version 10. */
const slice: Rule = (call) => {
  const facts = call.facts(0);
  const { shape } = facts;
  const lists = ['starts', 'ends', 'axes', 'steps'].map((name, i) => call.given(name, i + 1));
  const [starts, ends, axes, steps] = lists;
  const isUnknown = lists.includes('unknown');
  if (isUnknown || !Array.isArray(starts) || !Array.isArray(ends)) return undefined;
  const origin = shape.map(() => 0);
  const stride = shape.map(() => 1);
  const sizes = [...shape];
  (starts as readonly number[]).forEach((from, i) => {
    const axis = call.axis((axes as readonly number[] | undefined)?.[i] ?? i, shape.length);
    const size = shape[axis] ?? 0;
    const step = (steps as readonly number[] | undefined)?.[i] ?? 1;
    if (step === 0) call.misfit('steps other than 0');
    // Backwards, limits are from -1 to the last index; forwards from 0 to the size.
    const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
    const limited = (value: number) =>
      Math.min(high, Math.max(low, value < 0 ? value + size : value));
    const begin = step > 0 ? limited(from) : Math.max(0, limited(from));
    sizes[axis] = Math.max(0, Math.ceil((limited((ends as number[])[i] ?? 0) - begin) / step));
    origin[axis] = begin;
    stride[axis] = step;
  });
  const source = (position: readonly number[]) =>
    position.map((index, axis) => (origin[axis] ?? 0) + index * (stride[axis] ?? 1));
  return [moved(facts, sizes, source)];
};

/** The sizes became an input in version 13; without them all parts are alike, but for the last. */
const split: Rule = (call) => {
  const facts = call.facts(0);
  const axis = call.axis(call.number('axis', 0), facts.shape.length);
  const size = facts.shape[axis] ?? 0;
  const given = call.given('split', 1);
  if (given === 'unknown') return undefined;
  const parts = call.number('num_outputs', call.node.outputs.length);
  const each = Math.ceil(size / parts);
  const sizes =
    given ?? Array.from({ length: parts }, (_, i) => Math.max(0, Math.min(each, size - i * each)));
  if (sizes.reduce((sum, part) => sum + part, 0) !== size) {
    call.misfit(`parts of ${size} together, got ${show(sizes)}`);
  }
  let begin = 0;
  return sizes.map((part) => {
    const from = begin;
    begin += part;
    const shape = replaced(facts.shape, axis, part);
    return moved(facts, shape, (position) =>
      position.map((index, i) => (i === axis ? index + from : index)),
    );
  });
};

const expand: Rule = (call) => {
  const facts = call.facts(0);
  const target = call.values(1);
  if (target === undefined) return undefined;
  const shape = broadcast(call, [facts.shape, target]);
  return [{ shape, values: facts.values && fill(shape, (position) => at(facts, position)) }];
};

const tile: Rule = (call) => {
  const facts = call.facts(0);
  const repeats = call.values(1);
  if (repeats === undefined) return undefined;
  const shape = facts.shape.map((size, axis) => size * (repeats[axis] ?? 1));
  const source = (position: readonly number[]) =>
    position.map((index, axis) => index % (facts.shape[axis] ?? 1));
  return [moved(facts, shape, source)];
};

/** Widths became an input in version 11, axes came in 18. */
const pad: Rule = (call) => {
  const shape = call.shape(0);
  const pads = call.given('pads', 1);
  const axes = call.given('axes', 3);
  if (pads === 'unknown' || axes === 'unknown' || pads === undefined) return undefined;
  const sizes = [...shape];
  const padded = axes?.map((axis) => call.axis(axis, shape.length)) ?? shape.map((_, i) => i);
  if (pads.length !== 2 * padded.length) call.misfit(`${2 * padded.length} pads`);
  padded.forEach((axis, i) => {
    sizes[axis] = (shape[axis] ?? 0) + (pads[i] ?? 0) + (pads[i + padded.length] ?? 0);
  });
  return [{ shape: sizes }];
};

/** The region of interest came in version 11, axes in 18. Sizes that keep the aspect ratio are not followed. */
function resized(call: Call, scalesAt: number, sizesAt: number): Outcome[] | undefined {
  const shape = call.shape(0);
  const axes = call.numbers('axes')?.map((axis) => call.axis(axis, shape.length));
  const at = axes ?? shape.map((_, axis) => axis);
  const keepsRatio = call.text('keep_aspect_ratio_policy', 'stretch') !== 'stretch';
  const sizes = call.values(sizesAt);
  const scales = call.numbers('scales') ?? call.values(scalesAt);
  const known = sizes?.length === at.length ? sizes : undefined;
  const factors = scales?.length === at.length ? scales : undefined;
  if (keepsRatio || (known ?? factors) === undefined) return undefined;
  const output = [...shape];
  at.forEach((axis, i) => {
    output[axis] = known?.[i] ?? Math.floor((shape[axis] ?? 0) * (factors?.[i] ?? 1));
  });
  return [{ shape: output }];
}

const FIRST_WITH_REGION = 11;

/** Operators that select, move or repeat numbers. */
export const selectingRules = (): Readonly<Record<string, Rule>> => ({
  Concat: concat,
  Expand: expand,
  Gather: gather,
  Pad: pad,
  Resize: (call) => (call.opset < FIRST_WITH_REGION ? resized(call, 1, -1) : resized(call, 2, 3)),
  Slice: slice,
  Split: split,
  Tile: tile,
  Transpose: transpose,
  Upsample: (call) => resized(call, 1, -1),
});
