import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../src/cli/run';
import type { Checkup } from '../../src/node/doctor/facts';

/** The command line with a script in place of its own, so that no backend is really tried. */
async function cli(script: string, ...args: string[]) {
  let out = '';
  let err = '';
  const code = await run(['doctor', ...args], {
    out: (text) => (out += text),
    err: (text) => (err += text),
    script,
  });
  return { code, out, err };
}
const passing = join(__dirname, '../setup/doctor-child.cjs');
const failing = join(__dirname, 'none.cjs');

describe('resnet-heads doctor', () => {
  it('exits with 0 where a backend passes', async () => {
    const { code, out, err } = await cli(passing);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^wasm .* passed /m);
    expect(out).toMatch(/^Use \w+:$/m);
  });

  it('prints its report and exits with 1 where none does', async () => {
    const { code, out, err } = await cli(failing, '--format', 'json');
    expect(code).toBe(1);
    const { healthy, backends } = JSON.parse(out) as Checkup;
    expect([healthy, backends[0]?.state]).toEqual([false, 'failed']);
    expect(err).toBe(
      'error: doctor: expected a backend that passes and one copy of TensorFlow.js, got 0 that pass and 1 copies; the report says what to do\n',
    );
  });

  it('writes a file by its extension', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'resnet-heads-doctor-'));
    try {
      const file = join(folder, 'report.md');
      expect(await cli(passing, '--out', file)).toEqual({ code: 0, out: '', err: '' });
      expect(readFileSync(file, 'utf8')).toMatch(/^\| resnet-heads /);
      const { code, err } = await cli(passing, '--out', join(folder, 'report.svg'));
      expect([code, err]).toEqual([2, 'error: --out: expected text, .md or .json, got an .svg\n']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
