import { InterruptError } from './exit.js';

/** How Ctrl-C ends a command that saves its results first. */
export interface Interrupt {
  /** Aborts at the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** Restores Node's own handling of Ctrl-C, which ends the process at once. */
  readonly release: () => void;
}

/**
 * Catches the first Ctrl-C; a second one ends the process at once.
 *
 * @param lost message of the InterruptError that the signal's reason is
 * @param onInterrupt called at the first Ctrl-C
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
