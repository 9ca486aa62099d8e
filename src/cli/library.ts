/** What ran a model, in words. */
export const libraryOf = (engine: string, backend: string): string =>
  engine.startsWith('layers') ? `TensorFlow.js (${backend})` : engine;
