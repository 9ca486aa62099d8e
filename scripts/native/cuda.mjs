import * as fs from 'node:fs';
import { join } from 'node:path';
import { folderBeside, store, userCache } from '../shared/cache.mjs';
import { pip } from './pip.mjs';
import { step } from './process.mjs';

/** Of 12 packages, 4.4 GB on disk, which TensorFlow opens by name as it starts, where there is a driver. */
const DOWNLOAD_GB = 2.8;

/** What 1 MB a second would take. */
const LIMIT_S = DOWNLOAD_GB * 1000;

/** @param {string} version of TensorFlow @returns {string} */
const folderOf = (version) => join(userCache(), 'cuda', `tf${version}`);

/**
 * What a wheel's METADATA lists under one of its extras.
 *
 * @param {string} metadata as the core metadata specification of Python packages has it
 * @param {string} extra
 * @returns {string[]} requirements as pip reads them, such as `nvidia-nccl-cu12<3.0,>=2.27.7`
 */
export const requirementsOf = (metadata, extra) =>
  [...metadata.matchAll(/^Requires-Dist: ([^;\n]+?) *; *extra == ["']([^"'\n]+)["'] *$/gm)]
    .filter(([, , name]) => name === extra)
    .map(([, requirement = '']) => requirement);

/**
 * The folders for LD_LIBRARY_PATH where {@link fetchCuda} put NVIDIA's libraries; none where it didn't.
 *
 * @param {string} version of TensorFlow
 * @returns {string[]}
 */
export function cudaFolders(version) {
  const packages = join(folderOf(version), 'nvidia');
  if (!fs.existsSync(packages)) return [];
  return fs
    .readdirSync(packages)
    .map((name) => join(packages, name, 'lib'))
    .filter((folder) => fs.existsSync(folder));
}

/**
 * Puts the NVIDIA libraries that a wheel of TensorFlow names into the user's cache.
 *
 * @param {{ version: string, cuda: string }} variant
 * @param {string} metadata of the wheel
 */
export async function fetchCuda({ version, cuda }, metadata) {
  const entry = folderOf(version);
  if (fs.existsSync(entry)) return;
  const requirements = requirementsOf(metadata, cuda);
  if (requirements.length === 0) throw new Error(`the wheel's METADATA lists no ${cuda}`);
  const temp = folderBeside(entry);
  await step(`fetching CUDA for TensorFlow ${version} (${DOWNLOAD_GB} GB)`, () =>
    pip('install', requirements, {
      cwd: temp,
      flags: ['--target', join(temp, 'made')],
      limit: LIMIT_S,
    }),
  );
  store(join(temp, 'made'), entry);
}
