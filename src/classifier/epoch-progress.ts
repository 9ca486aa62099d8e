import { ofEpochs, type Progress } from '../progress.js';
import type { Epoch } from '../train/checkpoint.js';

interface Listeners {
  readonly onProgress?: (progress: Progress) => void;
  readonly onEpoch?: (epoch: Epoch) => void | Promise<void>;
}

/** Tells `onProgress` that no epoch is done. What it returns tells it, then `onEpoch`, of each that is. */
export function tellEpochs({ onProgress, onEpoch }: Listeners, epochs: number) {
  onProgress?.(ofEpochs(0, epochs));
  return async (epoch: Epoch): Promise<void> => {
    onProgress?.(ofEpochs(epoch.epoch + 1, epochs));
    await onEpoch?.(epoch);
  };
}
