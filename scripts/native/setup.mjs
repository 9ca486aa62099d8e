/**
 * Makes `@tensorflow/tfjs-node` under a folder load, also where its own download is refused.
 *
 *     node scripts/native/setup.mjs [--gpu] [--cuda] [--cwd DIR]
 *
 * Tries, in order: what is there; this user's cache; npm's own install; on linux-x64 a build against
 * the libraries of a Python wheel, which is then cached. If none of them helps, it lists what was tried and
 * exits with 1; the last line gives the reason and the remedy.
 *
 * With --gpu the same for `@tensorflow/tfjs-node-gpu`, the wheel before npm's own install; and where there is an
 * NVIDIA GPU, or with --cuda, the CUDA libraries that the wheel names, in the cache.
 */
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { userCache } from '../shared/cache.mjs';
import { fetchCuda } from './cuda.mjs';
import { findGpus } from './gpus.mjs';
import { check, installOfficially, METADATA, useCache } from './install.mjs';
import { step } from './process.mjs';
import { VARIANTS } from './variants.mjs';
import { buildFromWheel, HAS_WHEEL } from './wheel.mjs';

const REMEDY = 'run node scripts/native/setup.mjs, which lists what was tried';

/**
 * @param {import('./variants.mjs').Variant} variant
 * @param {string} dir
 */
function placeOf(variant, dir) {
  const { module } = variant;
  let manifest;
  try {
    manifest = createRequire(join(dir, 'package.json')).resolve(`${module}/package.json`);
  } catch {
    throw new Error(`${module} is not installed under ${dir}: run npm ci there first`);
  }
  const { version } = JSON.parse(fs.readFileSync(manifest, 'utf8'));
  const cache = join(userCache(), module.replace('@tensorflow/', ''));
  const system = `${process.platform}-${process.arch}`;
  const entry = join(cache, `${version}-${system}-tf${variant.version}`);
  return { variant, dir, root: dirname(manifest), entry, version };
}

/** @param {ReturnType<typeof placeOf>} place */
async function load(place) {
  const { module, wheel, npmFirst, version: tensorflow } = place.variant;
  const name = `${module} ${place.version}`;
  /** @typedef {readonly [string, () => Promise<void>]} Attempt */
  /** @type {Attempt} */
  const byNpm = [
    "by npm's own install",
    () => step("trying npm's install", () => installOfficially(place)),
  ];
  /** @type {Attempt} */
  const byWheel = [`with the libraries of ${wheel} ${tensorflow}`, () => buildFromWheel(place)];
  const ways = npmFirst ? [byNpm, byWheel] : [byWheel, byNpm];
  /** @type {readonly Attempt[]} */
  const attempts = [
    ['as it is', () => check(place)],
    ['from the cache', () => useCache(place)],
    ...(HAS_WHEEL ? ways : [byNpm]),
  ];

  let reason = '';
  const tried = [`${name} does not load under ${place.dir}:`];
  for (const [how, attempt] of attempts) {
    try {
      await attempt();
      console.log(`${name} loads ${how}`);
      return;
    } catch (/** @type {any} */ error) {
      tried.push(`- ${how}: ${error.message.replaceAll('\n', '\n    ')}`);
      reason = `${error.message.replaceAll('\n', ': ')}; ${error.remedy ?? REMEDY}`;
    }
  }
  tried.push(`${module} does not load: ${reason}`);
  throw new Error(tried.join('\n'));
}

async function setUp() {
  const { values } = parseArgs({
    options: { gpu: { type: 'boolean' }, cuda: { type: 'boolean' }, cwd: { type: 'string' } },
  });
  if (values.cuda && !values.gpu) throw new Error('--cuda: expected --gpu beside it');
  const place = placeOf(values.gpu ? VARIANTS.gpu : VARIANTS.cpu, resolve(values.cwd ?? '.'));
  await load(place);
  if (!values.gpu || !(values.cuda || findGpus().length > 0)) return;
  const metadata = join(place.root, METADATA);
  if (!fs.existsSync(metadata)) {
    console.log("Its library isn't a wheel's: it looks for the system's own CUDA");
    return;
  }
  await fetchCuda(VARIANTS.gpu, fs.readFileSync(metadata, 'utf8'));
}

await setUp().catch((/** @type {unknown} */ error) => {
  console.error(/** @type {Error} */ (error).message);
  process.exitCode = 1;
});
