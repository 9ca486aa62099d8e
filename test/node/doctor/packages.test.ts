import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gpuNames } from '../../../src/node/doctor/machine';
import { findCopies, locate, ownPackage } from '../../../src/node/doctor/packages';

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'resnet-heads-doctor-')));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

/** Makes a package in a folder's node_modules, and returns its own folder. */
function install(folder: string, name: string, more: object = {}): string {
  const path = join(folder, 'node_modules', name);
  mkdirSync(path, { recursive: true });
  const manifest = { name, version: '1.2.3', main: 'index.js', ...more };
  writeFileSync(join(path, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(path, 'index.js'), '');
  return path;
}

describe('locate', () => {
  it('finds a package from below, also where its package.json is not exported', () => {
    const path = install(root, 'sharp', { exports: { '.': './index.js' } });
    const below = join(root, 'a/b');
    mkdirSync(below, { recursive: true });
    expect(locate('sharp', below)).toEqual({ name: 'sharp', version: '1.2.3', path });
    expect(locate('no-such-package', below)).toBeNull();
  });

  it('finds the package that it belongs to', () => {
    expect(ownPackage()).toEqual({
      name: 'resnet-heads',
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/) as string,
      path: join(__dirname, '../../..'),
    });
  });
});

describe('findCopies', () => {
  const places = () => [{ label: 'this folder', folder: root }];
  const found = () => findCopies(places()).map(({ path, reachedFrom }) => ({ path, reachedFrom }));

  it('counts what many reach once', () => {
    const tfjs = install(root, '@tensorflow/tfjs');
    const core = install(root, '@tensorflow/tfjs-core');
    const layers = install(root, '@tensorflow/tfjs-layers');
    const reachedFrom = ['this folder', tfjs, core, layers];
    expect(found()).toEqual([
      { path: core, reachedFrom },
      { path: layers, reachedFrom },
    ]);
  });

  it('finds a copy within another package, and within what that brings', () => {
    const core = install(root, '@tensorflow/tfjs-core');
    const node = install(root, '@tensorflow/tfjs-node');
    const inner = install(node, '@tensorflow/tfjs');
    const second = install(inner, '@tensorflow/tfjs-core', { version: '1.0.0' });
    expect(found()).toEqual([
      { path: core, reachedFrom: ['this folder', core, node] },
      { path: second, reachedFrom: [inner, second] },
    ]);
  });

  it('takes a link for what it leads to', () => {
    const store = join(root, 'store');
    const core = install(store, '@tensorflow/tfjs-core');
    const wasm = install(root, '@tensorflow/tfjs-backend-wasm');
    for (const folder of [root, wasm]) {
      const scope = join(folder, 'node_modules/@tensorflow');
      mkdirSync(scope, { recursive: true });
      symlinkSync(core, join(scope, 'tfjs-core'));
    }
    expect(found().map(({ path }) => path)).toEqual([core]);
  });
});

describe('gpuNames', () => {
  it('reads what nvidia-smi lists', () => {
    const listing =
      'GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-5a5f0f6e-0000)\n  MIG 1g.10gb Device 0: (UUID: MIG-1)\nGPU 1: Tesla T4\n';
    expect(gpuNames(listing)).toEqual(['NVIDIA H100 80GB HBM3', 'Tesla T4']);
    expect(gpuNames('No devices were found\n')).toEqual([]);
  });
});
