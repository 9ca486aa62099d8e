import { SingleBar } from 'cli-progress';
import type { Progress } from '../weights/download/download.js';

/** A bar that grows with a download. */
export interface DownloadBar {
  readonly update: (progress: Progress) => void;
  readonly stop: () => void;
}

const LOOK = {
  stream: process.stderr,
  barCompleteChar: '█',
  barIncompleteChar: '░',
  barsize: 30,
  hideCursor: true,
};

const BYTES_PER_MB = 1e6;

/** A bar on a terminal's standard error, and nothing where that is a file or a pipe. */
export function downloadBar(): DownloadBar {
  const bar = new SingleBar({
    ...LOOK,
    format: '{bar} {percentage}%  {value} of {total} MB, {eta_formatted} left',
    formatValue: (value, _, type) =>
      type === 'value' || type === 'total' ? (value / BYTES_PER_MB).toFixed(1) : String(value),
  });
  let started = false;
  return {
    update: ({ loaded, total = loaded }) => {
      if (!started) bar.start(total, 0);
      started = true;
      bar.setTotal(total);
      bar.update(loaded);
    },
    stop: () => {
      if (started) bar.stop();
    },
  };
}

/** A bar over pictures, on a terminal only; it starts anew where their number does. */
export function imageBar() {
  const bar = new SingleBar({
    ...LOOK,
    format: '{bar} {value} of {total} pictures, {duration_formatted}, {eta_formatted} left',
  });
  let last = Infinity;
  return {
    update: ({ images, total = images }: { images: number; total?: number | undefined }) => {
      if (images < last) {
        if (last !== Infinity) bar.stop();
        bar.start(total, 0);
      }
      last = images;
      bar.update(images);
    },
    stop: () => {
      if (last !== Infinity) bar.stop();
      last = Infinity;
    },
  };
}

/** A bar over backends that are tried, on a terminal only. */
export function backendBar() {
  const bar = new SingleBar({
    ...LOOK,
    format: 'trying {backend}, {duration_formatted}',
    clearOnComplete: true,
  });
  let started = false;
  return {
    update: (backend: string) => {
      if (started) bar.update({ backend });
      else bar.start(1, 0, { backend });
      started = true;
    },
    stop: () => {
      if (started) bar.stop();
    },
  };
}
