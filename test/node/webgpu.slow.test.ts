import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const MODULE = join(__dirname, '../../src/node/webgpu.ts');

/** What loadWebgpu throws, in a process of its own: jest loads no ES modules. */
function failure(before: string, env: Readonly<Record<string, string>>): string {
  const script = `
    ${before}
    const { loadWebgpu } = await import(${JSON.stringify(MODULE)});
    await loadWebgpu().catch((e) => console.log(e.name + ': ' + e.message));
    console.log('gpu' in (globalThis.navigator ?? {}));
  `;
  const flags = ['--import', 'tsx', '--input-type=module', '-e', script];
  return execFileSync(process.execPath, flags, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, ...env },
  });
}

/** Keeps a package from being found, as if it weren't installed. */
const without = (name: string) => `
  import { register } from 'node:module';
  register('data:text/javascript,' + encodeURIComponent(\`export const resolve = (specifier, context, next) => {
    if (specifier !== '${name}') return next(specifier, context);
    throw Object.assign(new Error("Cannot find package '${name}'"), { code: 'ERR_MODULE_NOT_FOUND' });
  };\`));
`;

describe('loadWebgpu', () => {
  it('says what to install where there is no driver, and leaves no navigator.gpu behind', () => {
    const none = '/nowhere/driver.json';
    const output = failure('', { VK_DRIVER_FILES: none, VK_ICD_FILENAMES: none });
    expect(output).toContain(
      'PackageError: webgpu: expected a driver for a GPU, got none; install',
    );
    expect(output).toContain('\nfalse\n');
  });

  it('says what to install where the package is missing', () => {
    expect(failure(without('webgpu'), {})).toContain(
      'PackageError: webgpu: expected it to be installed, got none; run npm install webgpu @tensorflow/tfjs-backend-webgpu',
    );
  });
});
