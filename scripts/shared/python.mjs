import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { userCache } from './cache.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const requirements = join(root, 'scripts/goldens/requirements.txt');

/** Runs a program to its end, its output shown. @type {(program: string, ...args: string[]) => void} */
export function run(program, ...args) {
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3' };
  execFileSync(program, args, { stdio: 'inherit', cwd: root, env });
}

/**
 * The interpreter of a Python with packages, made once in the user's cache. It is named by what is installed
 * in it, so that a change of that makes another.
 *
 * @param {string} list a requirements.txt; without one, that of Keras
 * @returns {string}
 */
export function python(list = requirements) {
  const hash = createHash('sha256').update(readFileSync(list)).digest('hex').slice(0, 12);
  const environment = join(userCache(), `python-${hash}`);
  const interpreter = join(environment, 'bin', 'python');
  if (existsSync(join(environment, 'ready'))) return interpreter;
  rmSync(environment, { recursive: true, force: true });
  run('python3', '-m', 'venv', environment);
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  run(interpreter, ...install, '-r', list);
  // Last of all, so that an installation that was cut off is made anew.
  writeFileSync(join(environment, 'ready'), '');
  return interpreter;
}
