/** Smaller validation sets choose a penalty worse than cross-validation on the training pictures does. */
export const SMALLEST_VALIDATION = 200;
