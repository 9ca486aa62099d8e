import type { Backbone } from '../backbone/backbone.js';
import { type BackboneFlags, backboneOf } from './backbone-flags.js';
import { catchInterrupt } from './interrupt.js';
import type { Terminal } from './terminal.js';
import { Stages } from './train-stages.js';

/** What work on a backbone has at hand. */
export interface Surroundings {
  readonly stages: Stages;
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal;
}

/**
 * Loads the backbone that a command's options name, works on it, and disposes it.
 *
 * @param lost what Ctrl-C says, as it loses what hasn't been written
 */
export async function onBackbone(
  terminal: Terminal,
  flags: BackboneFlags,
  lost: string,
  work: (backbone: Backbone, surroundings: Surroundings) => Promise<void>,
): Promise<void> {
  const stages = new Stages(terminal);
  const interrupt = catchInterrupt(lost, () => undefined);
  let backbone: Backbone | undefined;
  try {
    const { signal } = interrupt;
    backbone = await backboneOf(terminal, flags, signal);
    await work(backbone, { stages, signal });
  } finally {
    stages.stop();
    interrupt.release();
    backbone?.dispose();
  }
}
