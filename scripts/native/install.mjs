import * as fs from 'node:fs';
import { join } from 'node:path';
import { run, WINDOWS } from './process.mjs';

export const MODULE = '@tensorflow/tfjs-node';

/** A firewall that drops packets would stall npm's install for good; refused, it takes 1 s. */
const OFFICIAL_LIMIT_S = 180;

// Node 23 removed the two functions of `util` that tfjs-node 4.22 still calls.
const CHECK = `
  const util = require('node:util');
  util.isNullOrUndefined ??= (value) => value == null;
  util.isArray ??= Array.isArray;
  const tf = require('${MODULE}');
  const found = [tf.getBackend(), ...tf.matMul([[2, 3]], [[5], [7]]).dataSync()].join();
  if (found !== 'tensorflow,31') throw new Error('expected tensorflow,31, found ' + found);`;

/** @typedef {{ dir: string, root: string, entry: string }} Place root is tfjs-node's folder */

/** @param {string} path */
export const remove = (path) => fs.rmSync(path, { recursive: true, force: true, maxRetries: 3 });

/** Throws unless the binding computes; in another process, which it may crash. @param {string} cwd */
export const check = (cwd) =>
  run([process.execPath, '--input-type=commonjs', '-e', CHECK], { cwd });

/** @param {Place} place */
export async function useCache({ dir, root, entry }) {
  if (!fs.existsSync(entry)) throw new Error(`nothing at ${entry}`);
  const copy = ['cp', '-a', '--remove-destination', `${entry}/.`, root];
  try {
    // Links cost nothing for 535 MB and survive `npm ci`; another disk or owner needs copies.
    await run([...copy, '--link'], { cwd: root }).catch(() => run(copy, { cwd: root }));
    await check(dir);
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
    await run(['npm', 'rebuild', MODULE, '--ignore-scripts=false'], options);
    await check(place.dir);
  } catch (error) {
    restore();
    throw error;
  } finally {
    process.off('exit', restore);
  }
}
