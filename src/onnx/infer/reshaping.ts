import { show } from '../../errors.js';
import { elements } from '../tensor.js';
import type { Call, Outcome, Rule } from './facts.js';

/** Numbers stay in their order. */
const reordered = (call: Call, shape: readonly number[]): Outcome[] => [
  { shape, values: call.values(0) },
];

/** 0 keeps a size, -1 is what remains. Version 1 had the shape as an attribute. */
const reshape: Rule = (call) => {
  const { shape } = call.facts(0);
  const given = call.given('shape', 1);
  if (given === 'unknown') return undefined;
  const target = given ?? call.misfit('a shape');
  const isZero = call.number('allowzero', 0) === 1;
  const sizes = target.map((size, axis) => (size === 0 && !isZero ? (shape[axis] ?? 0) : size));
  const known = elements(sizes.filter((size) => size !== -1));
  const rest = elements(shape) / known;
  const filled = sizes.map((size) => (size === -1 ? rest : size));
  const fits = Number.isInteger(elements(filled)) && elements(filled) === elements(shape);
  if (!fits) call.misfit(`as many numbers as ${show(target)}`);
  return reordered(call, filled);
};

const flatten: Rule = (call) => {
  const shape = call.shape(0);
  const axis = call.number('axis', 1);
  const at = axis < 0 ? axis + shape.length : axis;
  return reordered(call, [elements(shape.slice(0, at)), elements(shape.slice(at))]);
};

/** The axes became an input in version 13. */
const unsqueeze: Rule = (call) => {
  const shape = call.shape(0);
  const given = call.given('axes', 1);
  if (given === 'unknown') return undefined;
  const rank = shape.length + (given?.length ?? 0);
  const axes = (given ?? []).map((axis) => call.axis(axis, rank));
  const rest = [...shape];
  const sizes = Array.from({ length: rank }, (_, i) =>
    axes.includes(i) ? 1 : (rest.shift() ?? 1),
  );
  return reordered(call, sizes);
};

/** Without axes, all of size 1. */
const squeeze: Rule = (call) => {
  const shape = call.shape(0);
  const given = call.given('axes', 1);
  if (given === 'unknown') return undefined;
  const axes = given?.map((axis) => call.axis(axis, shape.length));
  for (const axis of axes ?? []) if (shape[axis] !== 1) call.misfit(`size 1 at axis ${axis}`);
  const isDropped = (size: number, axis: number) => axes?.includes(axis) ?? size === 1;
  return reordered(
    call,
    shape.filter((size, axis) => !isDropped(size, axis)),
  );
};

/** Moves blocks of channels to rows and columns, or back. */
const blocks =
  (isInto: boolean): Rule =>
  (call) => {
    const [batch = 0, channels = 0, height = 0, width = 0] = call.shape(0);
    const size = call.number('blocksize', 1);
    const shape = isInto
      ? [batch, channels / size ** 2, height * size, width * size]
      : [batch, channels * size ** 2, height / size, width / size];
    return [{ shape }];
  };

/** Operators that give the same numbers another shape. */
export const reshapingRules = (): Readonly<Record<string, Rule>> => ({
  DepthToSpace: blocks(true),
  Flatten: flatten,
  Reshape: reshape,
  SpaceToDepth: blocks(false),
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
});
