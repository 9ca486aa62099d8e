import * as fs from 'node:fs';
import { join } from 'node:path';
import { remove } from '../shared/cache.mjs';
import { run, WINDOWS } from './process.mjs';

/** Where a build whose wheel has CUDA's packages as an extra keeps that wheel's METADATA. */
export const METADATA = 'deps/METADATA';

/** A firewall that drops packets would stall npm's install for good; refused, it takes 1 s. */
const OFFICIAL_LIMIT_S = 180;

// Node 23 removed the two functions of `util` that tfjs-node 4.22 still calls.
/** @param {string} name */
const programThatLoads = (name) => `
  const util = require('node:util');
  util.isNullOrUndefined ??= (value) => value == null;
  util.isArray ??= Array.isArray;
  const tf = require('${name}');
  const found = [tf.getBackend(), ...tf.matMul([[2, 3]], [[5], [7]]).dataSync()].join();
  if (found !== 'tensorflow,31') throw new Error('expected tensorflow,31, found ' + found);`;

/**
 * What is set up: the folder under which the package is installed, its own folder, and its entry in the cache.
 *
 * @typedef {object} Place
 * @property {import('./variants.mjs').Variant} variant
 * @property {string} dir
 * @property {string} root
 * @property {string} entry
 */

/** Throws unless the binding computes; in another process, which it may crash. @param {Place} place */
export const check = ({ dir, variant }) =>
  run([process.execPath, '--input-type=commonjs', '-e', programThatLoads(variant.module)], {
    cwd: dir,
  });

/** @param {Place} place */
export async function useCache(place) {
  const { root, entry } = place;
  if (!fs.existsSync(entry)) throw new Error(`nothing at ${entry}`);
  const copy = ['cp', '-a', '--remove-destination', `${entry}/.`, root];
  try {
    // Links cost nothing for 535 MB and more and survive `npm ci`; another disk or owner needs copies.
    await run([...copy, '--link'], { cwd: root }).catch(() => run(copy, { cwd: root }));
    await check(place);
  } catch (error) {
    // Damaged, or from before a change of the system: it must not stand in a new build's way.
    remove(entry);
    throw error;
  }
}

/** @param {Place} place */
export async function installOfficially(place) {
  const manifest = join(place.root, 'package.json');
  const before = fs.readFileSync(manifest);
  // A refused download leaves an empty deps/, a failed build also its edit of package.json.
  const restore = () => {
    for (const folder of ['deps', 'lib', 'build']) remove(join(place.root, folder));
    fs.writeFileSync(manifest, before);
  };
  process.once('exit', restore);
  try {
    // On Windows npm is a batch file, which only a shell runs.
    const options = { cwd: place.dir, limit: OFFICIAL_LIMIT_S, shell: WINDOWS };
    await run(['npm', 'rebuild', place.variant.module, '--ignore-scripts=false'], options);
    await check(place);
  } catch (error) {
    restore();
    throw error;
  } finally {
    process.off('exit', restore);
  }
}
