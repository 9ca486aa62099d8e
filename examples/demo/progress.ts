import { SingleBar } from 'cli-progress';

const LOOK = {
  barCompleteChar: '█',
  barIncompleteChar: '░',
  barsize: 30,
  hideCursor: true,
};

export interface Progress {
  readonly advance: (by: number) => void;
  readonly stop: () => void;
}

/** A bar on a terminal; elsewhere, in a CI's log say, a line now and then. */
export function progressBar(label: string, total: number): Progress {
  const bar = new SingleBar({
    format: `   ${label} {bar} {value}/{total}  {duration_formatted}, {eta_formatted} left`,
    ...LOOK,
    noTTYOutput: true,
    notTTYSchedule: 10_000,
  });
  bar.start(total, 0);
  return {
    advance: (by) => {
      bar.increment(by);
    },
    stop: () => {
      bar.stop();
    },
  };
}

const BYTES_PER_MB = 1e6;

/** A bar for a download, on a terminal only, which starts with its first bytes. */
export function downloadBar() {
  const bar = new SingleBar({
    format: '   fetching weights {bar} {value} of {total} MB, {eta_formatted} left',
    formatValue: (value, _, type) =>
      type === 'value' || type === 'total' ? (value / BYTES_PER_MB).toFixed(1) : String(value),
    ...LOOK,
  });
  let started = false;
  return {
    update: ({ loaded, total = loaded }: { loaded: number; total?: number | undefined }) => {
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
