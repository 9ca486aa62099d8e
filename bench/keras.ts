import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { python } from '../scripts/python.mjs';

/** Keras in a Python process of its own, which times itself. */
export interface Keras {
  /** Milliseconds of one run of a case of bench/keras_cases.py. */
  readonly time: (name: string) => Promise<number>;
  /** Where it writes files; gone once it is closed. */
  readonly folder: string;
  readonly close: () => void;
}

export function startKeras(): Keras {
  const script = join(dirname(fileURLToPath(import.meta.url)), 'keras_cases.py');
  const folder = mkdtempSync(join(tmpdir(), 'resnet-heads-bench-'));
  const child = spawn(python(), [script, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async time(name) {
      child.stdin.write(`${name}\n`);
      const line = await lines.next();
      if (line.done === true) throw new Error(`bench/keras_cases.py ended at ${name}`);
      return (JSON.parse(line.value) as { ms: number }).ms;
    },
    folder,
    close: () => {
      child.stdin.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
