import { WeightsError } from '../../errors.js';

/** A file that contradicts itself or the format. */
export const damaged = (what: string, cause?: unknown): WeightsError =>
  new WeightsError(`HDF5: ${what}; the file is damaged, or not one of Keras's`, { cause });

/** A file that is right, and stored in a way that Keras doesn't write and that isn't read here. */
export const unsupported = (what: string): WeightsError =>
  new WeightsError(
    `HDF5: ${what}, which is not supported; save the weights again with Keras, or copy the datasets with h5py's defaults`,
  );
