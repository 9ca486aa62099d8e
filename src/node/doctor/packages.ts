import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Copy, Installed } from './facts.js';

/** The packages that contain, or depend on, a copy of the engine. */
const FAMILY = [
  'tfjs',
  'tfjs-core',
  'tfjs-layers',
  'tfjs-converter',
  'tfjs-data',
  'tfjs-backend-cpu',
  'tfjs-backend-webgl',
  'tfjs-backend-wasm',
  'tfjs-backend-webgpu',
  'tfjs-node',
  'tfjs-node-gpu',
].map((name) => `@tensorflow/${name}`);

/** Packages that must be there only once: the engine, and the one that defines `LayersModel`. */
const ONCE = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-layers'];

/** Finds a package's manifest in a folder or one of its parents. */
function manifestAbove(folder: string, name: string): Installed | null {
  try {
    const text = readFileSync(join(folder, 'package.json'), 'utf8');
    const manifest = JSON.parse(text) as { name?: unknown; version?: unknown };
    if (manifest.name === name) return { name, version: String(manifest.version), path: folder };
  } catch {
    // None here, or none that can be read: try the parent.
  }
  const parent = dirname(folder);
  return parent === folder ? null : manifestAbove(parent, name);
}

/** Finds the package that a program in a folder would import; none of its code is run. */
export function locate(name: string, folder: string): Installed | null {
  // Node resolves links, so one package has one path.
  const { resolve } = createRequire(join(folder, 'package.json'));
  // Some packages export their package.json, some only their main file.
  for (const request of [`${name}/package.json`, name]) {
    try {
      return manifestAbove(dirname(resolve(request)), name);
    } catch {
      // Try the other request; if both fail, it isn't installed.
    }
  }
  return null;
}

/** The package that this code belongs to. */
export function ownPackage(): Installed {
  const found = manifestAbove(dirname(fileURLToPath(import.meta.url)), 'resnet-heads');
  if (found === null) throw new Error('resnet-heads: expected its package.json above its code');
  return found;
}

/** A folder to start from, and its name in the report. */
export interface Place {
  readonly label: string;
  readonly folder: string;
}

/** Finds all copies of tfjs-core and tfjs-layers that can be reached from places, directly or through other TensorFlow.js packages. */
export function findCopies(places: readonly Place[]): Copy[] {
  const found = new Map<string, Installed & { reachedFrom: string[] }>();
  const queue = [...places];
  for (const { label, folder } of queue) {
    for (const name of FAMILY) {
      const installed = locate(name, folder);
      if (installed === null) continue;
      const known = found.get(installed.path);
      if (known === undefined) queue.push({ label: installed.path, folder: installed.path });
      const copy = known ?? { ...installed, reachedFrom: [] };
      copy.reachedFrom.push(label);
      found.set(installed.path, copy);
    }
  }
  return [...found.values()].filter(({ name }) => ONCE.includes(name));
}
