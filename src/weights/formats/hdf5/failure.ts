import { WeightsError } from '../../errors.js';

/** Error for a file that contradicts itself or the format. */
export const damaged = (what: string, cause?: unknown): WeightsError =>
  new WeightsError(`HDF5: ${what}; the file is damaged, or was not written by Keras`, { cause });

/** Error for a valid file that uses features which Keras doesn't use and this reader doesn't support. */
export const unsupported = (what: string): WeightsError =>
  new WeightsError(
    `HDF5: ${what}, which is not supported; save the weights again with Keras, or copy the datasets with h5py's defaults`,
  );
