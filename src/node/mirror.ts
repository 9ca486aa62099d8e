import type { Surroundings } from '../weights/surroundings.js';

const VARIABLE = 'RESNET_HEADS_MIRROR';

/** The host for weights by name, from the user's environment. */
export function mirrorOfUser(): Surroundings['mirror'] {
  const address = process.env[VARIABLE];
  // An empty value means unset, as in the shell's `VARIABLE= command`.
  return address ? { subject: `$${VARIABLE}`, address } : undefined;
}
