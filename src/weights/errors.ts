/**
 * Thrown when weights can't be loaded or don't fit the model. The message says what was expected, what was found, and what to do.
 * The model is left unchanged.
 *
 * Check `error.name === 'WeightsError'` instead of `instanceof`, as for {@link ArgumentError}.
 */
export class WeightsError extends Error {
  override readonly name = 'WeightsError';
}
