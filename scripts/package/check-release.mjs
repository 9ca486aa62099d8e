/**
 * Fails while package.json lacks what a published package needs, or while CHANGELOG.md has no section for its version:
 *
 *     node scripts/package/check-release.mjs [FOLDER OF THE PACKAGE]
 *
 * In GitHub's workflow of a tag, that tag has to be the version, too. Prints what is missing and what to do.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2] ?? '.';
const { GITHUB_REF_TYPE, GITHUB_REF_NAME } = process.env;

/** @param {string} name */
const read = (name) => readFileSync(join(folder, name), 'utf8');

/**
 * The three fields, where in each an address stands, and what has to stand there.
 *
 * @type {readonly { field: string, inner: string, protocols: readonly string[], example: string }[]}
 */
const FIELDS = [
  {
    field: 'repository',
    inner: 'url',
    protocols: ['git+https:', 'https:'],
    // npm compares it with the repository whose workflow publishes; provenance needs them to be the same.
    example: '{ "type": "git", "url": "git+https://…" }, the address that git clone takes',
  },
  {
    field: 'homepage',
    inner: 'url',
    protocols: ['https:'],
    example: '"https://…", the address of the site that npm run docs builds, or of the repository',
  },
  {
    field: 'bugs',
    inner: 'url',
    protocols: ['https:'],
    example: '{ "url": "https://…" }, the address of the issues',
  },
];

const manifest = JSON.parse(read('package.json'));
/** @type {string[]} */
const faults = [];

for (const { field, inner, protocols, example } of FIELDS) {
  const value = manifest[field];
  const address = typeof value === 'object' ? value?.[inner] : value;
  const holds =
    typeof address === 'string' &&
    URL.canParse(address) &&
    protocols.includes(new URL(address).protocol) &&
    new URL(address).hostname !== '';
  if (holds) continue;
  const got = value === undefined ? 'nothing' : JSON.stringify(value);
  faults.push(`package.json, "${field}": expected an address, got ${got}; set it to ${example}`);
}

/** @type {string} */
const version = manifest.version;
const sections = [...read('CHANGELOG.md').matchAll(/^## \[?([^\s\]]+)/gm)].map(([, name]) => name);
if (!sections.includes(version)) {
  faults.push(
    `CHANGELOG.md: expected a section ${version}, got ${sections.join(', ') || 'none'}; move what is under "Unreleased" to "## ${version}"`,
  );
}
if (GITHUB_REF_TYPE === 'tag' && GITHUB_REF_NAME !== `v${version}`) {
  faults.push(
    `the tag: expected v${version}, got ${GITHUB_REF_NAME}; tag the commit that sets this version, or run npm version --no-git-tag-version`,
  );
}

for (const fault of faults) console.error(fault);
if (faults.length === 0) console.log(`${manifest.name} ${version} has what a release needs`);
process.exitCode = faults.length === 0 ? 0 : 1;
