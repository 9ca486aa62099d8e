/** Number format of weights or features in files. */
export type FloatFormat = 'float32' | 'float16';

export const FLOAT_FORMATS: readonly FloatFormat[] = ['float32', 'float16'];
