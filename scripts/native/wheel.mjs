import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import { remove, useCache } from './install.mjs';
import { run, step } from './process.mjs';

const { CXX = 'g++', MAKE = 'make' } = process.env;

/** The smallest wheel with libtensorflow_cc.so.2 (187 MB); those of 2.18.1 and 2.21.0 work too. */
export const TENSORFLOW = '2.13.1';
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

const EXTRACT = `
import glob, sys, zipfile
zipfile.ZipFile(glob.glob('*.whl')[0]).extractall(members=sys.argv[1:])`;

/** @param {import('./install.mjs').Place} place */
export async function buildFromWheel(place) {
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
