import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** This package's folder in the user's cache: in `$XDG_CACHE_HOME` if that is absolute, otherwise in `~/.cache`. */
export function userCacheFolder(name: string): string {
  const given = process.env['XDG_CACHE_HOME'];
  // Relative paths must be ignored (XDG Base Directory Specification).
  const base = given !== undefined && isAbsolute(given) ? given : join(homedir(), '.cache');
  return join(base, 'resnet-heads', name);
}
