import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Checkup } from '../../src/node/doctor/facts';

const ROOT = join(__dirname, '../..');

describe('resnet-heads doctor', () => {
  // As a user would, with every backend that this repository installs. tfjs-node-gpu's library is only there once
  // `npm run test:gpu` has set it up; what is said where it isn't is tested with crafted facts.
  it('tries the backends of this machine', async () => {
    const main = join(ROOT, 'src/cli/main.ts');
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', main, 'doctor', '--format', 'json'],
      { cwd: ROOT },
    );
    expect(stderr).toBe('');
    const { healthy, best, backends, findings, folder, resnetHeads } = JSON.parse(
      stdout,
    ) as Checkup;
    expect(backends.map(({ name }) => name)).toEqual([
      'cpu',
      'wasm',
      'tensorflow',
      'tensorflow-gpu',
      'webgpu',
    ]);
    expect(backends.slice(0, 3).map(({ name, state }) => [name, state])).toEqual([
      ['cpu', 'passed'],
      ['wasm', 'passed'],
      ['tensorflow', 'passed'],
    ]);
    expect([healthy, best === null, folder.resnetHeads]).toEqual([true, false, resnetHeads.path]);
    const [cpu, wasm, tensorflow] = backends;
    expect([cpu?.scoreError, cpu?.lossError]).toEqual([0, 0]);
    // Another library adds in another order: exactly equal scores would come from the same one.
    for (const error of [wasm?.scoreError, tensorflow?.scoreError]) {
      expect(error).toBeGreaterThan(0);
      expect(error).toBeLessThan(1e-4);
    }
    expect(wasm?.loaded).toMatchObject({ simd: true, threads: 1 });
    expect(tensorflow?.loaded).toMatchObject({
      tensorflow: expect.stringMatching(/^2\.\d+\.\d+/) as string,
      usesGpu: false,
    });
    expect(findings.filter(({ subject }) => subject !== 'tensorflow-gpu')).toEqual([]);
  });
});
