import { reject } from '../errors.js';

const isSignal = (value: unknown): boolean =>
  typeof (value as Partial<AbortSignal> | null)?.throwIfAborted === 'function';

/** Whether each event of an object has a function; TensorFlow.js's own callbacks have methods. */
const isCallback = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.entries(value).every(
    ([name, listener]) =>
      !/^on[A-Z]/.test(name) || listener === undefined || typeof listener === 'function',
  );

const isWeights = (value: unknown): boolean =>
  value === 'balanced' ||
  (Array.isArray(value) &&
    value.every((each) => typeof each === 'number' && each > 0 && each < Infinity));

/** Checks the types of options, which may come from JavaScript. */
export function requireOptionTypes({
  signal,
  onEpoch,
  callbacks,
  classWeights,
}: Readonly<Partial<Record<'signal' | 'onEpoch' | 'callbacks' | 'classWeights', unknown>>>): void {
  if (signal !== undefined && !isSignal(signal)) {
    reject('signal', 'the signal of an AbortController', signal);
  }
  if (onEpoch !== undefined && typeof onEpoch !== 'function') {
    reject('onEpoch', 'a function', onEpoch);
  }
  if (callbacks !== undefined && ![callbacks].flat().every(isCallback)) {
    const expected = 'an object of functions, such as { onEpochEnd }, or a list of them';
    reject('callbacks', expected, callbacks);
  }
  if (classWeights !== undefined && !isWeights(classWeights)) {
    reject('classWeights', "'balanced', or a positive number for each class", classWeights);
  }
}
