import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { writeFolder } from '../../src/node/write/folder';
import { letters, LETTERS } from './letters';

/**
 * Writes a folder in a process of its own. Prints how many changes to the file system that took, or the error.
 *
 *     write-child.ts FOLDER TEXT [nobody | NUMBER]
 *
 * With a number it kills itself before that change; as nobody it has no superuser's rights.
 */
const [, , folder = '', text = '', how = ''] = process.argv;
/** The user of least rights on Linux and macOS, by custom. */
const NOBODY = 65_534;
if (how === 'nobody' && process.getuid?.() === 0) process.setuid?.(NOBODY);

const CHANGES = ['chmod', 'mkdir', 'open', 'rename', 'rm', 'writeFile'] as const;
let changes = 0;
for (const name of CHANGES) {
  const change = fs[name] as (...args: unknown[]) => Promise<unknown>;
  Object.assign(fs, {
    [name]: (...args: unknown[]) => {
      changes += 1;
      if (changes === Number(how)) process.kill(process.pid, 'SIGKILL');
      return change(...args);
    },
  });
}
syncBuiltinESMExports();
try {
  await writeFolder(folder, letters(text), LETTERS);
  process.stdout.write(String(changes));
} catch (error) {
  process.stdout.write(String(error));
}
