import { ofEpochs, type Progress } from '../progress.js';
import type { Epoch } from '../train/checkpoint.js';

interface Listeners {
  readonly onProgress?: (progress: Progress) => void;
  readonly onEpoch?: (epoch: Epoch) => void | Promise<void>;
}

/** Reports 0 epochs to `onProgress`, and returns a function that reports each finished epoch to `onProgress` and `onEpoch`. */
export function tellEpochs({ onProgress, onEpoch }: Listeners, epochs: number) {
  onProgress?.(ofEpochs(0, epochs));
  return async (epoch: Epoch): Promise<void> => {
    onProgress?.(ofEpochs(epoch.epoch + 1, epochs));
    await onEpoch?.(epoch);
  };
}
