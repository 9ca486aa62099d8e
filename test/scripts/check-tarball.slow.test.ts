import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');
const SCRIPT = join(ROOT, 'scripts/package/check-tarball.ts');

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
  const options = { encoding: 'utf8', env, cwd: ROOT } as const;
  const args = ['--import', 'tsx', SCRIPT, folder];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, options);
  return { status, stdout, stderr };
}

describe('check-tarball', () => {
  it('passes what names no folder of the builder', () => {
    expect(check('/home')).toEqual({
      status: 0,
      stdout: '2 files in the tarball, 1 kB packed, 0 faults\n',
      stderr: '',
    });
  });

  it('fails for a path in the package’s folder, and for no other where the home is the root', () => {
    write('dist/built.json', JSON.stringify({ sources: [join(folder, 'dist/index.js')] }));
    const { status, stderr } = check('/');
    expect(status).toBe(1);
    expect(stderr).toBe(`dist/built.json: names a path in ${folder}\n`);
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

  it('fails for a source map, and for a file that names one', () => {
    write('dist/index.js.map', '{}');
    write('dist/index.cjs', 'exports.a = 1;\n//# sourceMappingURL=index.cjs.map\n');
    const { status, stderr } = check('/home');
    expect(status).toBe(1);
    expect(stderr).toBe('dist/index.cjs: names a source map\ndist/index.js.map: is a source map\n');
  });

  it('fails for links and pictures that lead out of the tarball, and for headings that aren’t there', () => {
    write('README.md', '# Tried\n\n[in](dist/page.md#a-heading) ![picture](dist/picture.svg)\n');
    write('dist/picture.svg', '<svg xmlns="http://www.w3.org/2000/svg" />');
    write(
      'dist/page.md',
      '# A heading\n\n[top](../README.md#tried), [site](https://example.com)\n',
    );
    expect(check('/home')).toMatchObject({ status: 0, stderr: '' });
    write('dist/page.md', '[out](../unpublished.txt), [lost](../README.md#lost), ![no](no.png)\n');
    const { status, stderr } = check('/home');
    expect(status).toBe(1);
    expect(stderr.split('\n').sort()).toEqual([
      '',
      'README.md: dist/page.md#a-heading leads to no heading of dist/page.md',
      'dist/page.md: ../README.md#lost leads to no heading of README.md',
      'dist/page.md: ../unpublished.txt is not in the tarball',
      'dist/page.md: no.png is not in the tarball',
    ]);
  });

  it('fails above 1.05 MB packed, resnet-mini’s weights apart', () => {
    // Random bytes, which don't compress, as characters that are read as text.
    const noise = randomBytes(900_000).toString('base64');
    write('dist/resnet-mini-weights.cjs', noise);
    write('dist/other.js', noise);
    expect(check('/home')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(
        /^4 files in the tarball, 9\d\d kB packed without the backbone, 0 faults\n$/,
      ) as string,
    });
    write('dist/another.js', randomBytes(200_000).toString('base64'));
    const { status, stderr } = check('/home');
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^the tarball: expected at most 1\.05 MB without the backbone, got 1\d{6} bytes\n$/,
    );
  });
});
