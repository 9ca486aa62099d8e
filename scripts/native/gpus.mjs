import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

/** Far above what nvidia-smi takes, some 0.1 s; on a driver that hangs it never ends. */
const LIMIT_MS = 10_000;

/**
 * NVIDIA's GPUs in the output of `nvidia-smi -L`, with lines such as `GPU 0: NVIDIA L4 (UUID: GPU-…)`.
 * A slice of one, as MIG makes them, is a line further in.
 *
 * @param {string} listing
 * @returns {string[]}
 */
export const gpusIn = (listing) =>
  [...listing.matchAll(/^GPU \d+: (.+?)(?: \(UUID: .*\))?$/gm)].map(([, name = '']) => name);

/** @param {readonly string[]} names of files in /dev @returns {string[]} */
export const devicesIn = (names) =>
  names.filter((name) => /^nvidia\d+$/.test(name)).map((name) => `/dev/${name}`);

function listing() {
  try {
    return execFileSync('nvidia-smi', ['-L'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: LIMIT_MS,
    });
  } catch {
    return '';
  }
}

function devices() {
  try {
    return readdirSync('/dev');
  } catch {
    return [];
  }
}

/**
 * The NVIDIA GPUs that a process can use here. By what can be used, not by what is there: a container sees
 * /proc/driver/nvidia of its host also where it was given none of the GPUs.
 *
 * @returns {string[]} names; or paths, where only those are known
 */
export function findGpus() {
  const named = gpusIn(listing());
  return named.length > 0 ? named : devicesIn(devices());
}
