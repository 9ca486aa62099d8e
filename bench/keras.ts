import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { python } from '../scripts/python.mjs';

/** Keras in a Python process of its own, which times itself. */
export interface Keras {
  /** Milliseconds of one run of a case of bench/keras_cases.py. */
  readonly time: (name: string) => Promise<number>;
  readonly close: () => void;
}

export function startKeras(): Keras {
  const script = join(dirname(fileURLToPath(import.meta.url)), 'keras_cases.py');
  const child = spawn(python(), [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async time(name) {
      child.stdin.write(`${name}\n`);
      const line = await lines.next();
      if (line.done === true) throw new Error(`bench/keras_cases.py ended at ${name}`);
      return (JSON.parse(line.value) as { ms: number }).ms;
    },
    close: () => {
      child.stdin.end();
    },
  };
}
