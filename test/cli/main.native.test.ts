import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(__dirname, '../..');
const MAIN = join(ROOT, 'src/cli/main.ts');

describe('the command line on TensorFlow', () => {
  const env = { ...process.env };
  delete env['TF_CPP_MIN_LOG_LEVEL'];
  const failed = (level?: string): Promise<unknown> =>
    promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', MAIN, 'evaluate', 'nowhere', 'pictures'],
      { cwd: ROOT, env: { ...env, ...(level !== undefined && { TF_CPP_MIN_LOG_LEVEL: level }) } },
    );
  const line = 'error: nowhere/metadata.json: expected a file of a saved classifier';

  it('prints nothing but its own lines', async () => {
    await expect(failed()).rejects.toMatchObject({
      stdout: '',
      stderr: expect.stringMatching(new RegExp(`^${line}[^\\n]*\\n$`)) as string,
    });
  });

  it('prints TensorFlow’s log where the environment asks for it', async () => {
    await expect(failed('0')).rejects.toMatchObject({
      stderr: expect.stringMatching(new RegExp(`cpu_feature_guard[^]*${line}`)) as string,
    });
  });
});
