/**
 * Runs the notebook of `examples/notebooks` on Deno's TypeScript kernel, and the script that it is made of in Node, and
 * holds the one to the other.
 *
 *     npm run test:notebook
 *     npm run test:notebook -- --write
 *
 * Makes itself a Python environment (once, in the user's cache). Needs a build in `dist`, which is what
 * `resnet-heads` is in the notebook.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { python, run } from '../shared/python.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const notebooks = join(here, '../../examples/notebooks');
const script = join(notebooks, 'heads.ts');
const folder = mkdtempSync(join(tmpdir(), 'resnet-heads-notebook-'));
try {
  const interpreter = python(join(notebooks, 'requirements.txt'));
  const printed = join(folder, 'printed.txt');
  writeFileSync(printed, execFileSync(process.execPath, ['--import', 'tsx', script]));
  run(interpreter, join(here, 'notebook.py'), script, printed, ...process.argv.slice(2));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
