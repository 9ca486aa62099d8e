import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import { folderBeside, remove, store } from '../shared/cache.mjs';
import { METADATA, useCache } from './install.mjs';
import { pip, PIP } from './pip.mjs';
import { run, step } from './process.mjs';

const { CXX = 'g++', MAKE = 'make' } = process.env;

/** The wheel's Python, which need not be the one that runs here. */
const PYTHON = '311';

/** File in the wheel, and the name that tfjs-node's binding.gyp links it by. */
const LIBRARIES = Object.entries({
  'libtensorflow_cc.so.2': 'libtensorflow.so',
  'libtensorflow_framework.so.2': 'libtensorflow_framework.so',
});

/** The last of `binary.napi_versions` in tfjs-node's package.json: what Node 20 and later look for. */
const NAPI = 8;

const EXTRACT = `
import glob, sys, zipfile
zipfile.ZipFile(glob.glob('*.whl')[0]).extractall(members=sys.argv[1:])`;

/** Whether the wheels are for this machine. */
export const HAS_WHEEL = `${process.platform}-${process.arch}` === 'linux-x64';

/** Thrown where a program is missing; `remedy` says what to install. */
class MissingToolError extends Error {
  remedy = 'install python3 with pip, g++ and make';
}

/** @param {import('./install.mjs').Place} place */
export async function buildFromWheel(place) {
  const { wheel, version, megabytes, sha256, headers, cuda } = place.variant;
  const temp = folderBeside(place.entry);
  /** @param {string} path */
  const at = (path) => join(temp, path);
  // A killed compiler leaves temporary files of its own.
  const options = { cwd: temp, env: { TMPDIR: temp } };

  // Before hundreds of MB are fetched in vain.
  for (const tool of [PIP.join(' '), CXX, MAKE]) {
    const [program = '', ...args] = tool.split(' ');
    try {
      await run([program, ...args, '--version'], options);
    } catch (/** @type {any} */ error) {
      const missing = error.code === 'ENOENT';
      throw new MissingToolError(
        missing ? `${program} is not installed` : `${tool} does not work: ${error.message}`,
      );
    }
  }

  await step(`fetching ${wheel} ${version} (${megabytes} MB)`, () =>
    pip('download', [`${wheel}==${version} --hash=sha256:${sha256}`], {
      cwd: temp,
      flags: [`--python-version=${PYTHON}`, '--implementation=cp'],
    }),
  );

  await step('extracting its libraries and headers', async () => {
    const metadata = `${wheel}-${version}.dist-info/METADATA`;
    const members = [
      ...LIBRARIES.map(([file]) => `tensorflow/${file}`),
      ...headers.map((name) => `tensorflow/include/${name}`),
      ...(cuda === undefined ? [] : [metadata]),
    ];
    await run(['python3', '-c', EXTRACT, ...members], options);
    fs.mkdirSync(at('module/deps/lib'), { recursive: true });
    fs.renameSync(at('tensorflow/include'), at('module/deps/include'));
    if (cuda !== undefined) fs.renameSync(at(metadata), at(`module/${METADATA}`));
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

  store(at('module'), place.entry);
  await useCache(place);
}
