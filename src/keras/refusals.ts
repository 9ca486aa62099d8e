import { show } from '../errors.js';
import { isObject, type Json } from '../json.js';
import { printable } from '../printable.js';
import type { Fail, KerasLayer } from './config.js';

/** Supported dtype policies. Mixed policies keep their weights in float32. */
const POLICIES = /^(mixed_)?(b?float16|float32|float64)$/;

/** Most characters of an option that an error message shows. */
const SHOWN = 40;

/** Throws the error for a layer without a rule. */
export function refuseUnknown({ className, isOperation }: KerasLayer, fail: Fail): never {
  if (className === 'Lambda') {
    fail(
      'layers that TensorFlow.js has',
      'Python code, which is never run',
      'replace it with Keras layers and save the model again',
    );
  }
  return fail(
    `${isOperation ? 'an operation' : 'a layer'} that TensorFlow.js can compute`,
    show(className),
    'build the model without it, or move it to the preprocessing',
  );
}

/** Arguments that change nothing: the input by name, null, and `training=False`. */
const isPlain = (key: string, value: unknown): boolean =>
  key === 'inputs' || key === 'x' || value === null || (key === 'training' && value === false);

/** Checks what the rules don't: no quantized weights, and no calls with options. */
export function requirePlain({ config }: KerasLayer, kwargs: Json, fail: Fail): void {
  const { dtype = 'float32' } = config;
  const policy = isObject(dtype) && isObject(dtype['config']) ? dtype['config']['name'] : dtype;
  if (policy !== null && !(typeof policy === 'string' && POLICIES.test(policy))) {
    fail('floating-point weights', show(policy), 'save the model before it is quantized');
  }
  for (const [key, value] of Object.entries(kwargs)) {
    if (isPlain(key, value)) continue;
    const option = printable(`${key}: ${JSON.stringify(value).slice(0, SHOWN)}`);
    fail('a call without options', option, 'call the layer without it');
  }
}
