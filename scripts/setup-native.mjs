/**
 * Makes `@tensorflow/tfjs-node` under a folder load, also where its own download is refused.
 *
 *     node scripts/setup-native.mjs [--cwd DIR]
 *
 * Tries, in order: what is there; this user's cache; npm's own install; on linux-x64 a build against
 * the libraries of a Python wheel, which is then cached. Exits with 1, and says what was tried, if
 * none of them helps.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { userCache } from './user-cache.mjs';

const MODULE = '@tensorflow/tfjs-node';
const WINDOWS = process.platform === 'win32';
const { CXX = 'g++', MAKE = 'make' } = process.env;

/** The smallest wheel with libtensorflow_cc.so.2 (187 MB); those of 2.18.1 and 2.21.0 work too. */
const TENSORFLOW = '2.13.1';
/** The wheel's Python, which need not be the one that runs here. */
const PYTHON = '311';
/** Of that wheel for manylinux2014 x86_64, which this pins as a lockfile would. */
const SHA256 = '87be6e61314b2c0fa062f71e26e41d6a17e162ffe4da72c820fe8f1fc94d97fe';

/** File in the wheel, and the name that tfjs-node's binding.gyp links it by. */
const LIBRARIES = Object.entries({
  'libtensorflow_cc.so.2': 'libtensorflow.so',
  'libtensorflow_framework.so.2': 'libtensorflow_framework.so',
});

/** What tfjs-node's binding/ includes, and what those headers include in turn. */
const HEADERS = `c/c_api c/c_api_macros c/tf_attrtype c/tf_buffer c/tf_datatype c/tf_status
  c/tf_tensor c/tf_tstring c/eager/c_api core/platform/ctstring core/platform/ctstring_internal
  tsl/platform/ctstring tsl/platform/ctstring_internal tsl/c/tsl_status`;

/** The last of `binary.napi_versions` in tfjs-node's package.json: what Node 20 and later look for. */
const NAPI = 8;

/** A firewall that drops packets would stall npm's install for good; refused, it takes 1 s. */
const OFFICIAL_LIMIT_S = 180;
/** Far above any honest duration (compiling takes 9 s), so that a hung CI job ends with a message. */
const LIMIT_S = 900;
/** Enough of a failed program's output to hold the cause. */
const SHOWN_LINES = 6;

// Node 23 removed the two functions of `util` that tfjs-node 4.22 still calls.
const CHECK = `
  const util = require('node:util');
  util.isNullOrUndefined ??= (value) => value == null;
  util.isArray ??= Array.isArray;
  const tf = require('${MODULE}');
  const found = [tf.getBackend(), ...tf.matMul([[2, 3]], [[5], [7]]).dataSync()].join();
  if (found !== 'tensorflow,31') throw new Error('expected tensorflow,31, found ' + found);`;

const EXTRACT = `
import glob, sys, zipfile
zipfile.ZipFile(glob.glob('*.whl')[0]).extractall(members=sys.argv[1:])`;

/** @typedef {{ dir: string, root: string, entry: string }} Place root is tfjs-node's folder */

/** @type {import('node:child_process').ChildProcess | undefined} */
let running;

/** Kills the child's whole group: what npm and node-gyp start would outlive them and write on. */
function killRunning() {
  try {
    if (running?.pid) process.kill(WINDOWS ? running.pid : -running.pid, 'SIGKILL');
  } catch {
    // It ended by itself a moment ago.
  }
}
process.on('exit', killRunning);
for (const signal of /** @type {const} */ (['SIGHUP', 'SIGINT', 'SIGTERM'])) {
  process.on(signal, () => process.exit(128 + constants.signals[signal]));
}

/** @param {string} path */
const remove = (path) => fs.rmSync(path, { recursive: true, force: true, maxRetries: 3 });

/**
 * Runs a program silently; if it fails or outlasts the limit, throws its errors or its last lines.
 * @param {string[]} command
 * @param {{ cwd: string, limit?: number, shell?: boolean, env?: Record<string, string> }} options
 */
async function run([program = '', ...args], { limit = LIMIT_S, env, ...options }) {
  let output = '';
  // A group of its own, for killRunning; on Windows `detached` would open a console instead.
  const group = { detached: !WINDOWS, env: { ...process.env, ...env } };
  const child = spawn(program, args, { ...options, ...group });
  running = child;
  child.stdin.end();
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  const timer = setTimeout(() => {
    output += `\nerror: stopped after ${limit} s`;
    killRunning();
  }, limit * 1000);
  try {
    const [code, signal] = await once(child, 'close');
    if (code === 0) return;
    const lines = output.split('\n').filter((line) => line.trim());
    const errors = lines.filter((line) => /error: /i.test(line));
    const shown = (errors.length > 0 ? errors : lines).slice(-SHOWN_LINES);
    throw new Error([`${program} ended with ${signal ?? code}`, ...shown].join('\n'));
  } finally {
    clearTimeout(timer);
    running = undefined;
  }
}

/** @type {(label: string, action: () => Promise<void>) => Promise<void>} */
async function step(label, action) {
  const start = performance.now();
  process.stdout.write(`${label} … `);
  try {
    await action();
  } finally {
    console.log(`${((performance.now() - start) / 1000).toFixed(1)} s`);
  }
}

/** Throws unless the binding computes; in another process, which it may crash. @param {string} cwd */
const check = (cwd) => run([process.execPath, '--input-type=commonjs', '-e', CHECK], { cwd });

/** @param {Place} place */
async function useCache({ dir, root, entry }) {
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
async function installOfficially(place) {
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

/** @param {Place} place */
async function buildFromWheel(place) {
  if (`${process.platform}-${process.arch}` !== 'linux-x64') throw new Error('only on linux-x64');
  fs.mkdirSync(dirname(place.entry), { recursive: true });
  // Beside the entry, so that one rename stores the result.
  const temp = fs.mkdtempSync(`${place.entry}-`);
  process.once('exit', () => remove(temp));
  /** @param {string} path */
  const at = (path) => join(temp, path);
  // A killed pip or compiler leaves temporary files of its own.
  const options = { cwd: temp, env: { TMPDIR: temp } };

  // Before 187 MB are fetched in vain.
  for (const tool of ['python3 -m pip', CXX, MAKE]) {
    await run([...tool.split(' '), '--version'], options).catch((/** @type {unknown} */ error) => {
      throw new Error(`${tool} does not work: ${/** @type {Error} */ (error).message}`);
    });
  }

  await step(`fetching tensorflow-cpu ${TENSORFLOW} (187 MB)`, async () => {
    fs.writeFileSync(at('wanted.txt'), `tensorflow-cpu==${TENSORFLOW} --hash=sha256:${SHA256}`);
    // pip's cache would keep a second copy of what ours keeps.
    const flags = `--no-cache-dir --no-input --disable-pip-version-check --no-deps
      --only-binary=:all: --python-version=${PYTHON} --implementation=cp`.split(/\s+/);
    await run(['python3', '-m', 'pip', 'download', ...flags, '-r', 'wanted.txt'], options);
  });

  await step('extracting its libraries and headers', async () => {
    const headers = HEADERS.split(/\s+/).map((name) => `tensorflow/include/tensorflow/${name}.h`);
    const libraries = LIBRARIES.map(([file]) => `tensorflow/${file}`);
    await run(['python3', '-c', EXTRACT, ...libraries, ...headers], options);
    fs.mkdirSync(at('module/deps/lib'), { recursive: true });
    fs.renameSync(at('tensorflow/include'), at('module/deps/include'));
    for (const [file, alias] of LIBRARIES) {
      fs.renameSync(at(`tensorflow/${file}`), at(`module/deps/lib/${file}`));
      fs.symlinkSync(file, at(`module/deps/lib/${alias}`));
    }
  });

  await step('compiling the binding', async () => {
    const sources = ['binding', 'binding.gyp'];
    await run(['cp', '-r', ...sources, at('module')], { cwd: place.root });
    const prefix = dirname(dirname(process.execPath));
    // Without local headers node-gyp downloads them.
    const local = fs.existsSync(join(prefix, 'include/node/node_api.h'));
    const nodedir = local ? `--nodedir=${prefix}` : '';
    // Absolute, since newer node-gyps take a relative module_path from build/.
    const target = `--module_name=tfjs_binding --module_path=${at(`module/lib/napi-v${NAPI}`)}`;
    const build = `node-gyp rebuild --jobs=max ${nodedir} --napi_build_version=${NAPI} ${target}`;
    // `npm exec` puts npm's own node-gyp on the PATH.
    await run(['npm', 'exec', '-c', build], { ...options, cwd: at('module') });
    for (const item of [...sources, 'build']) remove(at(`module/${item}`));
  });

  try {
    fs.renameSync(at('module'), place.entry);
  } catch (error) {
    // If another process stored the same build first, that one serves.
    if (!fs.existsSync(place.entry)) throw error;
  }
  await useCache(place);
}

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
