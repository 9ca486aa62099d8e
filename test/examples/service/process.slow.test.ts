import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { grey, trainGreys } from './trained';

const MAIN = join(__dirname, '../../../examples/service/main.ts');

it('starts on a folder, answers, and ends on SIGTERM', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'service-test-'));
  const classifier = await trainGreys(folder);
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, classifier, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    let out = '';
    let err = '';
    child.stderr.on('data', (text) => (err += String(text)));
    const address = await new Promise<string>((resolve, reject) => {
      child.stdout.on('data', (text) => {
        out += String(text);
        const found = /^dark, light: on (?:tensorflow|wasm), at (\S+)\n/m.exec(out)?.[1];
        if (found !== undefined) resolve(found);
      });
      child.on('close', () => {
        reject(new Error(`it ended: ${out}${err}`));
      });
    });
    const ask = async () =>
      fetch(`${address}/classify`, { method: 'POST', body: (await grey(205)) as BodyInit });
    expect(await (await ask()).json()).toMatchObject({
      classes: [{ className: 'light' }, { className: 'dark' }],
    });

    child.kill('SIGTERM');
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(out).toMatch(/SIGTERM: finishing open requests\nstopped\n$/);
    await expect(ask()).rejects.toThrow('fetch failed');
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  }
});
