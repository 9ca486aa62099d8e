/**
 * Full-size weight files, written by Keras, loaded by this package and run side by side.
 *
 *     npm run test:parity
 *
 * Makes itself a Python environment (once, in the user's cache), writes some 600 MB of files into a
 * temporary folder, and prints how far the answers are apart. Exits with 1 where that is too far.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { userCache } from './user-cache.mjs';

const scripts = dirname(fileURLToPath(import.meta.url));
const requirements = join(scripts, 'requirements.txt');

/** @type {(program: string, ...args: string[]) => void} */
function run(program, ...args) {
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3' };
  execFileSync(program, args, { stdio: 'inherit', cwd: dirname(scripts), env });
}

/** A Python with Keras; named by what is installed in it, so that a change of that makes another. */
function python() {
  const hash = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const environment = join(userCache(), `python-${hash}`);
  const interpreter = join(environment, 'bin', 'python');
  if (existsSync(join(environment, 'ready'))) return interpreter;
  rmSync(environment, { recursive: true, force: true });
  run('python3', '-m', 'venv', environment);
  run(
    interpreter,
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '-r',
    requirements,
  );
  // Last of all, so that an installation that was cut off is made anew.
  writeFileSync(join(environment, 'ready'), '');
  return interpreter;
}

const folder = mkdtempSync(join(tmpdir(), 'resnet-heads-parity-'));
try {
  run(python(), join(scripts, 'parity.py'), folder);
  run(
    join(dirname(scripts), 'node_modules', '.bin', 'tsx'),
    join(scripts, 'check-parity.ts'),
    folder,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
