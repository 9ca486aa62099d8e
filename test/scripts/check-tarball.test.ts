import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SCRIPT = join(__dirname, '../../scripts/package/check-tarball.mjs');

let folder: string;
function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
}

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'tarball-')));
  mkdirSync(join(folder, 'dist'));
  write('package.json', JSON.stringify({ name: 'tried', version: '1.0.0', files: ['dist'] }));
  write('dist/index.js', 'export const address = "https://example.com/home/";');
  write('unpublished.txt', join(folder, 'src/index.ts'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function check(home: string) {
  const env = { ...process.env, HOME: home };
  const options = { encoding: 'utf8', env } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, folder], options);
  return { status, stdout, stderr };
}

describe('check-tarball', () => {
  it('passes what names no folder of the builder', () => {
    expect(check('/home')).toEqual({
      status: 0,
      stdout: '2 files in the tarball, 0 faults\n',
      stderr: '',
    });
  });

  it('fails for a path in the package’s folder, and for no other where the home is the root', () => {
    write('dist/index.js.map', JSON.stringify({ sources: [join(folder, 'dist/index.js')] }));
    const { status, stderr } = check('/');
    expect(status).toBe(1);
    expect(stderr).toBe(`dist/index.js.map: names a path in ${folder}\n`);
  });

  it('fails for an entry that is not among the files, in whatever condition', () => {
    const entries = { main: 'dist/index.js', bin: './dist/cli.js' };
    const exports = {
      '.': { node: { import: { types: './dist/index.d.ts', default: './dist/index.js' } } },
      './schemas/*.json': './schemas/*.json',
      './package.json': './package.json',
    };
    const manifest = { name: 'tried', version: '1.0.0', files: ['dist'], ...entries, exports };
    write('package.json', JSON.stringify(manifest));
    const { status, stderr } = check('/home');
    expect(status).toBe(1);
    expect(stderr).toBe(
      ['./dist/cli.js', './dist/index.d.ts']
        .map((path) => `package.json: names ${path}, which is not in the tarball\n`)
        .join(''),
    );
  });

  it('fails for a path in the user’s home', () => {
    write('dist/index.js', '// file:///home/someone/.cache/kept.js');
    const { status, stderr } = check('/home/someone');
    expect(status).toBe(1);
    expect(stderr).toBe('dist/index.js: names a path in /home/someone\n');
  });
});
