/**
 * Makes `@tensorflow/tfjs-node` under a folder load, also where its own download is refused.
 *
 *     node scripts/setup-native.mjs [--cwd DIR]
 *
 * Tries, in order: what is there; this user's cache; npm's own install; on linux-x64 a build against
 * the libraries of a Python wheel, which is then cached. Exits with 1, and says what was tried, if
 * none of them helps.
 */
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { check, installOfficially, MODULE, useCache } from './native/install.mjs';
import { step } from './native/process.mjs';
import { buildFromWheel, TENSORFLOW } from './native/wheel.mjs';
import { userCache } from './user-cache.mjs';

async function setUp() {
  const dir = resolve(parseArgs({ options: { cwd: { type: 'string' } } }).values.cwd ?? '.');
  let manifest;
  try {
    manifest = createRequire(join(dir, 'package.json')).resolve(`${MODULE}/package.json`);
  } catch {
    throw new Error(`${MODULE} is not installed under ${dir}: run npm ci there first`);
  }
  const { version } = JSON.parse(fs.readFileSync(manifest, 'utf8'));
  const cache = join(userCache(), 'tfjs-node');
  const entry = join(cache, `${version}-${process.platform}-${process.arch}-tf${TENSORFLOW}`);
  const place = { dir, root: dirname(manifest), entry };

  const tried = [`${MODULE} ${version} does not load under ${dir}:`];
  for (const [how, attempt] of /** @type {const} */ ([
    ['as it is', () => check(dir)],
    ['from the cache', () => useCache(place)],
    ["by npm's own install", () => step("trying npm's install", () => installOfficially(place))],
    [`with the libraries of tensorflow-cpu ${TENSORFLOW}`, () => buildFromWheel(place)],
  ])) {
    try {
      await attempt();
      console.log(`${MODULE} ${version} loads ${how}`);
      return;
    } catch (/** @type {any} */ error) {
      tried.push(`- ${how}: ${error.message.replaceAll('\n', '\n    ')}`);
    }
  }
  tried.push('On linux-x64, install python3 with pip, g++ and make; elsewhere npm has to succeed.');
  throw new Error(tried.join('\n'));
}

await setUp().catch((/** @type {unknown} */ error) => {
  console.error(/** @type {Error} */ (error).message);
  process.exitCode = 1;
});
