import { show } from '../errors.js';
import { activate } from './activations.js';
import type { Factors } from '../layers/factory.js';
import { inverse, negative, readFactors, rescale } from './affine.js';
import { getItem, stack } from './channels.js';
import { tensorOf } from './config.js';
import type { Output } from './calls.js';
import { inputOf, type Rule, type Scope, unchanged } from './scope.js';

/** An operand: a tensor, or numbers. */
type Operand = { readonly tensor: Output } | { readonly numbers: Factors };

const NO_EQUAL = 'TensorFlow.js has no layer for it; compute it before or after the model';

/** Reads the two operands of an operation. */
function operands(scope: Scope): [Operand, Operand] {
  const { call, inputs, fail } = scope;
  const values: unknown[] = [...call.args, ...Object.values(call.kwargs)];
  let tensors = 0;
  const [a, b, more] = values.map((value): Operand => {
    const tensor = tensorOf(value) && inputs[tensors++];
    if (tensor !== undefined) return { tensor };
    return {
      numbers:
        readFactors(value) ??
        fail('a tensor, a number, or one for each channel', show(value), NO_EQUAL),
    };
  });
  return a === undefined || b === undefined || more !== undefined
    ? fail('two operands', `${values.length}`)
    : [a, b];
}

/** Writes a layer that combines two tensors of the same rank. It broadcasts axes of size 1, like Keras. */
function merge(scope: Scope, className: string, inputs: readonly Output[]): Output {
  const [a, b] = inputs.map(({ shape }) => shape);
  if (a === undefined || a.length !== b?.length) {
    return scope.fail('two tensors of the same rank', show([a?.length, b?.length]), NO_EQUAL);
  }
  const shape = a.map((size, i) => (size === 1 ? b[i] : size));
  return scope.emit(className, {}, { inputs, shape });
}

const add: Rule = (scope) => {
  const [a, b] = operands(scope);
  if ('numbers' in b) return 'numbers' in a ? none(scope) : rescale(scope, a.tensor, 1, b.numbers);
  return 'numbers' in a
    ? rescale(scope, b.tensor, 1, a.numbers)
    : merge(scope, 'Add', [a.tensor, b.tensor]);
};

const multiply: Rule = (scope) => {
  const [a, b] = operands(scope);
  if ('numbers' in b) return 'numbers' in a ? none(scope) : rescale(scope, a.tensor, b.numbers, 0);
  return 'numbers' in a
    ? rescale(scope, b.tensor, a.numbers, 0)
    : merge(scope, 'Multiply', [a.tensor, b.tensor]);
};

/** Writes a - b as a + (-b). */
function difference(scope: Scope, a: Output, b: Output): Output {
  return merge(scope, 'Add', [a, rescale(scope, b, -1, 0, '_negative')]);
}

const subtract: Rule = (scope) => {
  const [a, b] = operands(scope);
  if ('numbers' in b) {
    return 'numbers' in a ? none(scope) : rescale(scope, a.tensor, 1, negative(b.numbers));
  }
  return 'numbers' in a
    ? rescale(scope, b.tensor, -1, a.numbers)
    : difference(scope, a.tensor, b.tensor);
};

const divide: Rule = (scope) => {
  const [a, b] = operands(scope);
  return 'tensor' in a && 'numbers' in b
    ? rescale(scope, a.tensor, inverse(b.numbers), 0)
    : scope.fail('a tensor divided by numbers', 'a division by a tensor', NO_EQUAL);
};

const none = ({ fail }: Scope): never => fail('a tensor', 'only numbers');

/** The layer `Subtract`. */
export const subtractLayer: Rule = (scope) => {
  const [a, b, more] = scope.inputs;
  return a === undefined || b === undefined || more !== undefined
    ? scope.fail('two inputs', `${scope.inputs.length}`)
    : difference(scope, a, b);
};

/** An activation called as a function, and for its options the only value that TensorFlow.js supports. */
const activated =
  (name: string, only: Readonly<Record<string, unknown>> = {}): Rule =>
  (scope) => {
    for (const [key, value] of Object.entries(only)) {
      const given = scope.layer.config[key] ?? scope.call.kwargs[key] ?? value;
      if (given !== value) scope.fail(`${key} ${String(value)}`, show(given), NO_EQUAL);
    }
    return activate(scope, name);
  };

/** Rules by the class name of the operation in `keras.ops`. */
export const operations: Readonly<Record<string, Rule>> = {
  Add: add,
  Divide: divide,
  Elu: activated('elu', { alpha: 1 }),
  Gelu: activated('gelu', { approximate: false }),
  GetItem: getItem,
  HardSigmoid: activated('hard_sigmoid'),
  HardSilu: activated('hard_silu'),
  Identity: unchanged,
  LogSoftmax: activated('log_softmax', { axis: -1 }),
  Multiply: multiply,
  Negative: (scope) => rescale(scope, inputOf(scope), -1, 0),
  Relu: activated('relu'),
  Relu6: activated('relu6'),
  Selu: activated('selu'),
  Sigmoid: activated('sigmoid'),
  Silu: activated('silu'),
  Softmax: activated('softmax', { axis: -1 }),
  Softplus: activated('softplus'),
  Softsign: activated('softsign'),
  Stack: stack,
  Subtract: subtract,
  Tanh: activated('tanh'),
  TrueDivide: divide,
};
