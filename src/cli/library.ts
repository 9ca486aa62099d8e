import type { EngineName } from '../engine/names.js';

/** What ran a model, in words. */
export const libraryOf = (engine: EngineName, backend: string): string =>
  engine === 'layers' ? `TensorFlow.js (${backend})` : engine;
