import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { promisify } from 'node:util';
import type { Machine } from './facts.js';

/** A driver that hangs must not block the rest; a working one answers within a second. */
const NVIDIA_SMI_LIMIT_MS = 5000;

/** Reads names from `nvidia-smi -L`, whose lines are `GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-…)`. */
export const gpuNames = (listing: string): string[] =>
  [...listing.matchAll(/^GPU \d+: (.+?)(?: \(UUID.*)?$/gm)].map(([, name = '']) => name);

async function nvidiaGpus(): Promise<string[]> {
  try {
    const { stdout } = await promisify(execFile)('nvidia-smi', ['-L'], {
      timeout: NVIDIA_SMI_LIMIT_MS,
    });
    return gpuNames(stdout);
  } catch {
    // A container may have the GPU but not nvidia-smi.
    return existsSync('/dev/nvidia0') ? ['an NVIDIA GPU that nvidia-smi does not name'] : [];
  }
}

export async function describeMachine(): Promise<Machine> {
  return {
    node: process.versions.node,
    platform: process.platform,
    arch: process.arch,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    gpus: await nvidiaGpus(),
  };
}
