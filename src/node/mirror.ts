import type { Surroundings } from '../weights/surroundings.js';

const VARIABLE = 'RESNET_HEADS_MIRROR';

/** The host that the user's environment names for weights by name. */
export function mirrorOfUser(): Surroundings['mirror'] {
  const address = process.env[VARIABLE];
  // Set to nothing means unset, as the shell's `VARIABLE= command` has it.
  return address ? { subject: `$${VARIABLE}`, address } : undefined;
}
