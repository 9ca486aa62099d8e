import { show } from '../errors.js';
import { isObject, type Json } from '../json.js';
import { printable } from '../printable.js';
import type { Fail, KerasLayer } from './config.js';

/** Whose numbers are those of float32, or as good: mixed policies keep their weights in it. */
const POLICIES = /^(mixed_)?(b?float16|float32|float64)$/;

/** Characters of an option that an error shows. */
const SHOWN = 40;

/** Says of a layer that there is no rule for it. */
export function refuseUnknown({ className, isOperation }: KerasLayer, fail: Fail): never {
  if (className === 'Lambda') {
    fail(
      'layers that TensorFlow.js has',
      'Python code, which is never run',
      'save the model with layers of Keras in its place',
    );
  }
  return fail(
    isOperation
      ? 'operations that a layer of TensorFlow.js stands for'
      : 'layers that TensorFlow.js has, with all that Keras computes',
    show(className),
    'build the model without it, or move it to what prepares the pictures',
  );
}

/** A call may name its input, and say that it isn't training. */
const isPlain = (key: string, value: unknown): boolean =>
  key === 'inputs' || key === 'x' || value === null || (key === 'training' && value === false);

/** Refuses what no rule looks at: numbers of few bits, and calls with options. */
export function requirePlain({ config }: KerasLayer, kwargs: Json, fail: Fail): void {
  const { dtype = 'float32' } = config;
  const policy = isObject(dtype) && isObject(dtype['config']) ? dtype['config']['name'] : dtype;
  if (policy !== null && !(typeof policy === 'string' && POLICIES.test(policy))) {
    fail('floating-point numbers', show(policy), 'save the model before it is quantized');
  }
  for (const [key, value] of Object.entries(kwargs)) {
    if (isPlain(key, value)) continue;
    const option = printable(`${key}: ${JSON.stringify(value).slice(0, SHOWN)}`);
    fail('a call without options', option, 'call it without');
  }
}
