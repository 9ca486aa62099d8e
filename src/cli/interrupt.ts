import { InterruptError } from './exit.js';

/** What Ctrl-C does to a command that keeps what it has. */
export interface Interrupt {
  /** Ends work at the next step where nothing is lost. */
  readonly signal: AbortSignal;
  /** Leaves Ctrl-C to Node again, which ends at once. */
  readonly release: () => void;
}

/**
 * Catches the first Ctrl-C; a second one ends at once.
 *
 * @param lost what is told where nothing comes of the work
 * @param onInterrupt told of the first one
 */
export function catchInterrupt(lost: string, onInterrupt: () => void): Interrupt {
  const controller = new AbortController();
  const release = () => {
    process.off('SIGINT', interrupt);
  };
  const interrupt = () => {
    release();
    onInterrupt();
    controller.abort(new InterruptError(lost));
  };
  process.on('SIGINT', interrupt);
  return { signal: controller.signal, release };
}
