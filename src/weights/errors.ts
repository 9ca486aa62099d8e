/**
 * Weights that can't be had or don't fit: the message says what was expected, what came, and what to do.
 * Whatever the weights were for is as it was.
 *
 * Recognise it by `error.name === 'WeightsError'`, as {@link ArgumentError}.
 */
export class WeightsError extends Error {
  override readonly name = 'WeightsError';
}
