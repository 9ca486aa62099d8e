import { trainingBases } from './base-training';
import { building } from './build';
import type { Case } from './case';
import { explaining } from './explain';
import { folding } from './fold';
import { forwarding } from './forward';
import { trainingHeads } from './heads';
import { weighing } from './weights';

/** What it means that this package works on a backend: every case, in the order of the table in the docs. */
export const cases: readonly Case[] = [
  ...building,
  ...forwarding,
  ...folding,
  ...weighing,
  ...trainingHeads,
  ...trainingBases,
  ...explaining,
];

/**
 * How far a backend's numbers may be from a reference's, relative to the largest of them. All reckon with 32-bit
 * floats; what differs is the order in which they add.
 */
export const TOLERANCES: Readonly<Record<string, number>> = {
  cpu: 1e-5,
  wasm: 1e-5,
  tensorflow: 1e-5,
  webgl: 1e-4,
  webgpu: 1e-4,
};
