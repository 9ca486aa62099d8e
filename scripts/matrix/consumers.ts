import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type BuildOptions } from 'esbuild';
import { once, run } from './command.js';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const FIXTURES = join(ROOT, 'scripts', 'matrix', 'fixtures');

/** A weight file of a shallower ResNet, by which the zip and the HDF5 reader are reached. */
export const WEIGHTS = 'keras3.keras';

const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  devDependencies: Readonly<Record<string, string>>;
};

/** A package at the version that this repository uses. */
export const pinned = (name: string): string => `${name}@${devDependencies[name] ?? ''}`;

/** Packs what was built, as it would be published. */
export async function pack(folder: string): Promise<string> {
  const args = ['pack', '--json', '--pack-destination', folder];
  const packed = JSON.parse(await run('npm', args, { cwd: ROOT })) as [{ filename: string }];
  return join(folder, packed[0].filename);
}

const INSTALL = ['install', '--ignore-scripts', '--no-audit', '--no-fund'];

/** Makes a folder that npm installs into. */
export async function install(folder: string, ...packages: readonly string[]): Promise<string> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true }));
  await run('npm', [...INSTALL, ...packages], { cwd: folder });
  return folder;
}

/** Says what a package in a folder calls its version. */
export function installedVersion(folder: string, name: string): string {
  const manifest = join(folder, 'node_modules', name, 'package.json');
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}

/** Makes JavaScript of a fixture, which keeps importing, or requiring, what is installed beside it. */
export async function compile(fixture: string, outfile: string, format: 'esm' | 'cjs') {
  const options: BuildOptions = {
    entryPoints: [join(FIXTURES, `${fixture}.ts`)],
    outfile,
    format,
    bundle: true,
    packages: 'external',
    target: 'es2022',
    // Of the repository's configuration `paths` would lead to its sources.
    tsconfigRaw: {},
  };
  await build(options);
}

/** Copies a fixture as it is. */
export function copyFixture(fixture: string, to: string): void {
  copyFileSync(join(FIXTURES, `${fixture}.ts`), to);
}

export function copyWeights(folder: string): void {
  copyFileSync(join(ROOT, 'test', 'goldens', 'weights', WEIGHTS), join(folder, WEIGHTS));
}

/** Folders that have installed the packed package as its users would, each made when it is needed. */
export class Consumers {
  constructor(private readonly folder: string) {}

  private readonly tarball = once(() => pack(this.folder));

  /** A folder of its own beside them. */
  at(name: string): string {
    return join(this.folder, name);
  }

  /** With nothing else, not even its peer. */
  readonly alone = once(async () => {
    const folder = this.at('alone');
    await install(folder, '--legacy-peer-deps', await this.tarball());
    copyWeights(folder);
    return folder;
  });

  /** With TensorFlow.js and its build for Node, and with what a TypeScript project needs. */
  readonly tensorflow = once(async () => {
    const folder = this.at('tensorflow');
    const peers = ['@tensorflow/tfjs', '@tensorflow/tfjs-node', '@types/node'];
    await install(folder, await this.tarball(), ...peers.map(pinned));
    const native = join(ROOT, 'scripts', 'native', 'setup.mjs');
    await run(process.execPath, [native, '--cwd', folder], { cwd: folder });
    copyWeights(folder);
    for (const app of ['tfjs', 'tfjs-node']) {
      await compile(app, join(folder, `${app}.mjs`), 'esm');
      await compile(app, join(folder, `${app}.cjs`), 'cjs');
    }
    return folder;
  });

  /** With TensorFlow.js and all bundlers. */
  readonly bundlers = once(async () => {
    const folder = this.at('bundlers');
    const ours = ['@tensorflow/tfjs', 'vite', 'esbuild'].map(pinned);
    await install(folder, await this.tarball(), ...ours, 'webpack@5', 'webpack-cli@7');
    await compile('page', join(folder, 'page.js'), 'esm');
    return folder;
  });
}
