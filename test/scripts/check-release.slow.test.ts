import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SCRIPT = join(__dirname, '../../scripts/package/check-release.mjs');

const COMPLETE = {
  name: 'tried',
  version: '1.2.3',
  repository: { type: 'git', url: 'git+https://example.com/tried.git' },
  homepage: 'https://example.com/tried',
  bugs: { url: 'https://example.com/tried/issues' },
};
const CHANGELOG = '# Changelog\n\n## Unreleased\n\n## 1.2.3 (2026-01-31)\n\n- New.\n';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'release-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function check(manifest: object, changelog = CHANGELOG, tag?: string) {
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(folder, 'CHANGELOG.md'), changelog);
  const github = { GITHUB_REF_TYPE: tag === undefined ? '' : 'tag', GITHUB_REF_NAME: tag ?? '' };
  const options = { encoding: 'utf8', env: { ...process.env, ...github } } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, folder], options);
  return { status, stdout, faults: stderr.split('\n').filter((line) => line !== '') };
}

describe('check-release', () => {
  it('passes a package with its three addresses and its version in the changelog', () => {
    expect(check(COMPLETE)).toEqual({
      status: 0,
      stdout: 'tried 1.2.3 has what a release needs\n',
      faults: [],
    });
  });

  it('takes addresses as plain strings, and a version in brackets', () => {
    const { repository, bugs, ...rest } = COMPLETE;
    const plain = { ...rest, repository: repository.url, bugs: bugs.url };
    expect(check(plain, '## [1.2.3] - 2026-01-31\n').status).toBe(0);
  });

  it('names each address that is missing, and what to set it to', () => {
    expect(check({ name: 'tried', version: '1.2.3' })).toEqual({
      status: 1,
      stdout: '',
      faults: [
        'package.json, "repository": expected an address, got nothing; set it to { "type": "git", "url": "git+https://…" }, the address that git clone takes',
        'package.json, "homepage": expected an address, got nothing; set it to "https://…", the address of the site that npm run docs builds, or of the repository',
        'package.json, "bugs": expected an address, got nothing; set it to { "url": "https://…" }, the address of the issues',
      ],
    });
  });

  it.each([
    ['repository', { type: 'git' }],
    ['repository', 'someone/tried'],
    ['homepage', ''],
    ['homepage', 'http://example.com'],
    ['bugs', {}],
    ['bugs', null],
  ])('refuses a %s of %j', (field, value) => {
    const { status, faults } = check({ ...COMPLETE, [field]: value });
    expect([status, faults.length]).toEqual([1, 1]);
    expect(faults[0]).toContain(`"${field}": expected an address, got ${JSON.stringify(value)};`);
  });

  it.each([
    ['## Unreleased\n', 'got Unreleased;'],
    ['## 1.2.30\n\n## 1.2\n', 'got 1.2.30, 1.2;'],
    ['# Changelog\n', 'got none;'],
  ])('refuses the changelog %j', (changelog, got) => {
    const { status, faults } = check(COMPLETE, changelog);
    expect([status, faults.length]).toEqual([1, 1]);
    expect(faults[0]).toContain(`CHANGELOG.md: expected a section 1.2.3, ${got}`);
  });

  it('holds a tag to the version', () => {
    expect(check(COMPLETE, CHANGELOG, 'v1.2.3').status).toBe(0);
    const { status, faults } = check(COMPLETE, CHANGELOG, 'v1.2.4');
    expect([status, faults.length]).toEqual([1, 1]);
    expect(faults[0]).toContain('the tag: expected v1.2.3, got v1.2.4;');
  });
});
