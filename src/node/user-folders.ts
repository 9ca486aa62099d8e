import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** A folder of ours in the user's caches: in `$XDG_CACHE_HOME` if that is absolute, else in `~/.cache`. */
export function userCacheFolder(name: string): string {
  const given = process.env['XDG_CACHE_HOME'];
  // A relative one is to be ignored (XDG Base Directory Specification).
  const base = given !== undefined && isAbsolute(given) ? given : join(homedir(), '.cache');
  return join(base, 'resnet-heads', name);
}
