import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import { attachHead, createClassifier, pooledHead } from 'resnet-heads';
import { saveClassifier } from 'resnet-heads/node';
import { devDependencies } from '../../package.json';
import { miniResnet } from '../setup/mini-resnet';
import { topologies } from '../setup/surroundings';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** What a page of a user would install beside this package, at the versions that this repository has. */
const PACKAGES = [
  '@tensorflow/tfjs',
  '@tensorflow/tfjs-backend-wasm',
  '@tensorflow/tfjs-backend-webgpu',
  'vite',
] as const;

/** What of the tests the page is made of. */
const SOURCES = ['test/backends/conformance', 'test/browser', 'test/goldens', 'test/setup/draw.ts'];

function run(cwd: string, program: string, ...args: string[]): string {
  return execFileSync(program, args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** A page for the cases in `folder/dist`, built by Vite as its user's would be, from the packed package. */
export async function buildSite(folder: string): Promise<void> {
  const [packed] = JSON.parse(run(ROOT, 'npm', 'pack', '--json', '--pack-destination', folder)) as {
    readonly filename: string;
  }[];
  const page = { name: 'page', private: true, type: 'module' };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(page));
  const versions = PACKAGES.map((name) => `${name}@${devDependencies[name]}`);
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund'];
  run(folder, 'npm', 'install', ...flags, join(folder, packed?.filename ?? ''), ...versions);

  for (const source of SOURCES)
    cpSync(join(ROOT, source), join(folder, source), { recursive: true });
  cpSync(join(ROOT, 'test/browser/page.html'), join(folder, 'index.html'));
  await writeFiles(join(folder, 'public'), join(folder, 'node_modules'));
  run(folder, 'npx', 'vite', 'build', '--logLevel', 'warn');
}

/** What the page fetches: weights, models, and the wasm backend's own files. */
async function writeFiles(folder: string, modules: string): Promise<void> {
  cpSync(join(ROOT, 'test/goldens/weights'), join(folder, 'weights'), { recursive: true });
  writeFileSync(join(folder, 'topologies.json'), JSON.stringify(topologies()));
  const wasm = join(modules, '@tensorflow/tfjs-backend-wasm/dist');
  mkdirSync(join(folder, 'wasm'));
  for (const name of readdirSync(wasm).filter((each) => each.endsWith('.wasm'))) {
    cpSync(join(wasm, name), join(folder, 'wasm', name));
  }
  const model = attachHead(miniResnet('v1', 1), pooledHead({ numClasses: 2 }), { seed: 1 });
  const metadata = { classes: ['a', 'b'], preprocessing: 'caffe', inputSize: [32, 32] } as const;
  await saveClassifier(createClassifier(model, metadata), join(folder, 'classifier'));
  tf.dispose(model.weights.map((weight) => weight.read()));
}
