import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where a user's caches of this project lie; an empty variable counts as unset, by the XDG specification. */
export function userCache() {
  const { XDG_CACHE_HOME } = process.env;
  const caches = XDG_CACHE_HOME === '' ? undefined : XDG_CACHE_HOME;
  return resolve(caches ?? join(homedir(), '.cache'), 'resnet-heads');
}
