import type { Shape } from '../layers/factory.js';

const LEAST_AXES = 2;

/** Whether a weight is a kernel, which files can store in half precision. Biases have one axis; they are few and stay float32. */
export const isKernel = (shape: Shape): boolean => shape.length >= LEAST_AXES;
