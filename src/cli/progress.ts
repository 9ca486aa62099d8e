import { SingleBar } from 'cli-progress';
import type { Progress } from '../progress.js';
import type { Terminal } from './terminal.js';

/** What is shown of work while it goes on. */
export interface Shown {
  readonly update: (done: number, total: number, details?: string) => void;
  readonly stop: () => void;
}

const LOOK = {
  barCompleteChar: '█',
  barIncompleteChar: '░',
  // Ctrl-C ends a command by Node's own handler: one of the bar's would swallow the first, and nobody would
  // bring a hidden cursor back.
  hideCursor: false,
  gracefulExit: false,
};

/** Characters for `1600 of 50000 pictures, 12 min 41 s left`, which a narrow terminal would else cut off. */
const ROOM_FOR_NUMBERS = 45;
const [SHORTEST, LONGEST] = [5, 30];

/** Where a terminal doesn't say. */
const USUAL_WIDTH = 80;

function barSize({ columns }: NodeJS.WriteStream, label: string): number {
  const width = columns > 0 ? columns : USUAL_WIDTH;
  return Math.min(LONGEST, Math.max(SHORTEST, width - label.length - ROOM_FOR_NUMBERS));
}

const BYTES_PER_MB = 1e6;
const MS_PER_SECOND = 1_000;
const SECONDS_PER_MINUTE = 60;

/** The first batch makes the base ready besides; after some more of them the pace tells something. */
const STEPS_BEFORE_ESTIMATE = 3;

/** Where lines are kept, as in a log, one now and then shows that something goes on. */
const LINE_EVERY_MS = 10_000;

/** Seconds for people: `45 s`, `2 min 5 s`. */
function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  const minutes = Math.floor(whole / SECONDS_PER_MINUTE);
  return minutes === 0 ? `${whole} s` : `${minutes} min ${whole % SECONDS_PER_MINUTE} s`;
}

/** How long is left, by the pace since the first step was done. */
class Pace {
  private first: { readonly at: number; readonly done: number } | undefined;
  private steps = 0;

  constructor(private readonly now: () => number) {}

  /** @returns `, 45 s left`, or nothing as long as that is a guess */
  left(done: number, total: number): string {
    if (done === 0) return '';
    if (this.first === undefined) {
      this.first = { at: this.now(), done };
      return '';
    }
    this.steps++;
    const { at, done: before } = this.first;
    if (this.steps < STEPS_BEFORE_ESTIMATE || done <= before || done >= total) return '';
    const msEach = (this.now() - at) / (done - before);
    return `, ${duration(((total - done) * msEach) / MS_PER_SECOND)} left`;
  }
}

function bar(stream: NodeJS.WriteStream, label: string, unit: string, pace: Pace): Shown {
  const drawn = new SingleBar({
    ...LOOK,
    stream,
    barsize: barSize(stream, label),
    // The figures of an epoch take the line, and it isn't known which will be the last.
    format:
      unit === 'epochs'
        ? `${label}: {value} of {total} epochs{details}`
        : `${label} {bar} {value} of {total} ${unit}{left}{details}`,
    formatValue: (value, _, type) =>
      unit === 'MB' && type !== 'percentage' ? value.toFixed(1) : String(value),
  });
  let started = false;
  return {
    update: (done, total, details = '') => {
      const rest = { left: pace.left(done, total), details };
      if (!started) drawn.start(total, done, rest);
      started = true;
      drawn.setTotal(total);
      drawn.update(done, rest);
      // Its own timer has no turn while a model's call blocks this thread. A download has too many steps, and needs none.
      if (unit !== 'MB') drawn.render();
    },
    stop: () => {
      if (started) drawn.stop();
      started = false;
    },
  };
}

function lines(
  { err }: Terminal,
  label: string,
  unit: string,
  pace: Pace,
  now: () => number,
): Shown {
  let last: number | undefined;
  return {
    update: (done, total, details = '') => {
      const left = unit === 'epochs' ? '' : pace.left(done, total);
      last ??= now();
      if (now() - last < LINE_EVERY_MS) return;
      last = now();
      const round = (value: number) => (unit === 'MB' ? value.toFixed(1) : String(value));
      err(`${label}: ${round(done)} of ${round(total)} ${unit}${left}${details}`);
    },
    stop: () => undefined,
  };
}

/**
 * Shows work while it goes on: a bar with a label on a terminal, a line now and then where standard error is a
 * file or a pipe. It appears with the first update; `done` may be 0 there.
 *
 * @param unit `MB` are shown with a decimal
 * @param now milliseconds; a test has a clock of its own
 */
export function showProgress(
  terminal: Terminal,
  label: string,
  unit: 'pictures' | 'MB' | 'epochs',
  now: () => number = () => performance.now(),
): Shown {
  const pace = new Pace(now);
  return terminal.live === undefined
    ? lines(terminal, label, unit, pace, now)
    : bar(terminal.live, label, unit, pace);
}

/** A download, as `onProgress` tells of it. */
export function showDownload(terminal: Terminal) {
  const shown = showProgress(terminal, 'downloading', 'MB');
  return {
    update: ({ done, total = done }: Progress) => {
      shown.update(done / BYTES_PER_MB, total / BYTES_PER_MB);
    },
    stop: shown.stop,
  };
}

/** Which backend is tried, on a terminal only. */
export function showBackend({ live }: Terminal) {
  if (live === undefined) return { update: () => undefined, stop: () => undefined };
  const drawn = new SingleBar({
    ...LOOK,
    stream: live,
    format: 'trying {backend}, {duration_formatted}',
    clearOnComplete: true,
  });
  let started = false;
  return {
    update: (backend: string) => {
      if (started) drawn.update({ backend });
      else drawn.start(1, 0, { backend });
      started = true;
    },
    stop: () => {
      if (started) drawn.stop();
    },
  };
}
