import { SingleBar } from 'cli-progress';

export interface Progress {
  readonly advance: (by: number) => void;
  readonly stop: () => void;
}

/** A bar on a terminal; elsewhere, in a CI's log say, a line now and then. */
export function progressBar(label: string, total: number): Progress {
  const bar = new SingleBar({
    format: `   ${label} {bar} {value}/{total}  {duration_formatted}, {eta_formatted} left`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 30,
    hideCursor: true,
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
