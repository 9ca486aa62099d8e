import { SingleBar } from 'cli-progress';
import type { Progress } from '../progress.js';
import type { Terminal } from './terminal.js';

/** The progress display of one task. */
export interface Shown {
  readonly update: (done: number, total: number, details?: string) => void;
  readonly stop: () => void;
}

const LOOK = {
  barCompleteChar: '█',
  barIncompleteChar: '░',
  // Node's own handler ends the command at Ctrl-C: the bar's would need a second Ctrl-C, and a hidden cursor would stay
  // hidden.
  hideCursor: false,
  gracefulExit: false,
};

/** Characters for `1600 of 50000 pictures, 12 min 41 s left`, so that a narrow terminal doesn't cut it off. */
const ROOM_FOR_NUMBERS = 45;
const [SHORTEST, LONGEST] = [5, 30];

/** The width of a terminal that doesn't report it. */
const USUAL_WIDTH = 80;

function barSize({ columns }: NodeJS.WriteStream, label: string): number {
  const width = columns > 0 ? columns : USUAL_WIDTH;
  return Math.min(LONGEST, Math.max(SHORTEST, width - label.length - ROOM_FOR_NUMBERS));
}

const BYTES_PER_MB = 1e6;
const MS_PER_SECOND = 1_000;
const SECONDS_PER_MINUTE = 60;

/** The first batch also warms up the backbone; the next two are too few for an estimate. */
const STEPS_BEFORE_ESTIMATE = 3;

/** Milliseconds between lines in a log. */
const LINE_EVERY_MS = 10_000;

/** Formats seconds: `45 s`, `2 min 5 s`. */
function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  const minutes = Math.floor(whole / SECONDS_PER_MINUTE);
  return minutes === 0 ? `${whole} s` : `${minutes} min ${whole % SECONDS_PER_MINUTE} s`;
}

/** Estimates the remaining time from the pace since the first step. */
class Pace {
  private first: { readonly at: number; readonly done: number } | undefined;
  private steps = 0;

  constructor(private readonly now: () => number) {}

  /** @returns `, 45 s left`, or an empty string while there are too few steps for an estimate */
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
    // An epoch's figures fill the line, and early stopping makes the number of epochs unknown.
    format:
      unit === 'epochs'
        ? `${label}: {value} of {total} epochs{details}`
        : `${label} {bar} {value} of {total} ${unit}{left}{details}`,
    // cli-progress also formats the time left, which is a text such as INF at first; its types say a number.
    formatValue: (value: unknown, _, type) =>
      unit === 'MB' && type !== 'percentage' && typeof value === 'number'
        ? value.toFixed(1)
        : String(value),
  });
  let started = false;
  return {
    update: (done, total, details = '') => {
      const rest = { left: pace.left(done, total), details };
      if (!started) drawn.start(total, done, rest);
      started = true;
      drawn.setTotal(total);
      drawn.update(done, rest);
      // The bar's own timer doesn't fire while a model blocks this thread. Downloads don't block, and have too many steps.
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
 * Shows the progress of a task: as a bar on a terminal, and as a line every ten seconds if standard error is a file or a
 * pipe. A bar appears at the first update, where `done` may be 0.
 *
 * @param unit `MB` is shown with one decimal
 * @param now a clock in milliseconds, for tests
 */
export function showProgress(
  terminal: Terminal,
  label: string,
  unit: 'pictures' | 'MB' | 'epochs' | 'fits',
  now: () => number = () => performance.now(),
): Shown {
  const pace = new Pace(now);
  return terminal.live === undefined
    ? lines(terminal, label, unit, pace, now)
    : bar(terminal.live, label, unit, pace);
}

/** Shows the progress of a download; `update` is an `onProgress`. */
export function showDownload(terminal: Terminal) {
  const shown = showProgress(terminal, 'downloading', 'MB');
  return {
    update: ({ done, total = done }: Progress) => {
      shown.update(done / BYTES_PER_MB, total / BYTES_PER_MB);
    },
    stop: shown.stop,
  };
}

/** Shows which backend is being tested; on a terminal only. */
export function showBackend({ live }: Terminal) {
  if (live === undefined) return { update: () => undefined, stop: () => undefined };
  const drawn = new SingleBar({
    ...LOOK,
    stream: live,
    format: 'testing {backend}, {duration_formatted}',
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
