import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blocksIn } from './blocks';
import { run } from './run-blocks';

it.each(blocksIn('python'))('compiles as Python: %s', async (_, { code }) => {
  const folder = mkdtempSync(join(tmpdir(), 'docs-python-'));
  try {
    const file = join(folder, 'block.py');
    writeFileSync(file, code);
    await run('python3', ['-m', 'py_compile', file]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
