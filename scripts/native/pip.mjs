import * as fs from 'node:fs';
import { join } from 'node:path';
import { run } from './process.mjs';

// The cache of pip would keep a second copy of what ours keeps.
const FLAGS = ['--no-cache-dir', '--no-input', '--disable-pip-version-check'];
const ONLY = ['--no-deps', '--only-binary=:all:'];

/** How to run pip. */
export const PIP = ['python3', '-m', 'pip'];

/**
 * Runs one of pip's commands on a list of requirements, without what those require in turn.
 *
 * @param {'download' | 'install'} command
 * @param {readonly string[]} requirements
 * @param {{ cwd: string, flags: readonly string[], limit?: number }} options where it works; limit in seconds
 */
export function pip(command, requirements, { flags, ...options }) {
  const list = join(options.cwd, 'wanted.txt');
  fs.writeFileSync(list, requirements.join('\n'));
  // A killed pip leaves temporary files of its own.
  const env = { TMPDIR: options.cwd };
  return run([...PIP, command, ...FLAGS, ...ONLY, ...flags, '-r', list], { ...options, env });
}
