import { availableParallelism, cpus, totalmem } from 'node:os';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Workers } from './processes.js';

const PACKAGES = [
  '@tensorflow/tfjs',
  '@tensorflow/tfjs-node',
  '@tensorflow/tfjs-backend-wasm',
  'onnxruntime-node',
  'onnxruntime-web',
] as const;

const BYTES_PER_GB = 1e9;

/** Of a package that is installed here. */
export function versionOf(name: string): string {
  const { resolve } = createRequire(import.meta.url);
  // Not every package lets its package.json be asked for.
  const folders = resolve.paths(name) ?? [];
  for (const folder of folders) {
    try {
      const text = readFileSync(join(folder, name, 'package.json'), 'utf8');
      return (JSON.parse(text) as { readonly version: string }).version;
    } catch {
      // In a folder further up, then.
    }
  }
  throw new Error(
    `${name}: expected it to be installed, found none under ${dirname(folders[0] ?? '')}`,
  );
}

/** What the figures were taken on. */
export function machine(): string {
  const processor = cpus()[0]?.model.trim() ?? 'unknown';
  return `${availableParallelism()} cores of ${processor}, ${Math.round(totalmem() / BYTES_PER_GB)} GB, ${process.platform}`;
}

/** What the figures were taken with and on, in a line each. */
export async function versions(workers: Workers): Promise<readonly string[]> {
  const { tensorflow, node } = await workers
    .get('node')
    .ask<{ readonly tensorflow: string; readonly node: string }>('versions');
  const python = await workers.get('python').ask<Readonly<Record<string, string>>>('versions');
  return [
    machine(),
    `Node ${node}; ${PACKAGES.map((name) => `${name} ${versionOf(name)}`).join(', ')}; TensorFlow ${tensorflow} under tfjs-node`,
    Object.entries(python)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
  ];
}
