import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { attachHead, loadClassifier, pooledHead } from 'resnet-heads';
import { run } from '../../scripts/matrix/command';
import { install, pack, pinned, ROOT } from '../../scripts/matrix/consumers';
import { modelFiles } from '../../src/train/saved/write-model';
import { miniResnet } from '../setup/mini-resnet';
import { topologies } from '../setup/surroundings';
import { writeOnnxClassifier } from './onnx-files';

/** What a page of a user would install beside this package, at the versions that this repository has. */
const PACKAGES = [
  '@tensorflow/tfjs',
  '@tensorflow/tfjs-backend-wasm',
  '@tensorflow/tfjs-backend-webgpu',
  'onnxruntime-web',
  'vite',
] as const;

/** What of the tests the page is made of. */
const SOURCES = ['test/backends/conformance', 'test/browser', 'test/goldens', 'test/setup'];

/** A page for the cases in `folder/dist`, built by Vite as its user's would be, from the packed package. */
export async function buildSite(folder: string): Promise<void> {
  await install(folder, await pack(folder), ...PACKAGES.map(pinned));

  for (const source of SOURCES)
    cpSync(join(ROOT, source), join(folder, source), { recursive: true });
  cpSync(join(ROOT, 'test/browser/page.html'), join(folder, 'index.html'));
  await writeFiles(join(folder, 'public'), join(folder, 'node_modules'));
  const vite = join(folder, 'node_modules/.bin/vite');
  await run(vite, ['build', '--logLevel', 'warn'], { cwd: folder });
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
  const options = { classes: ['a', 'b'], preprocessing: 'caffe' } as const;
  const classifier = await loadClassifier(model, options);
  await classifier.save(join(folder, 'classifier'));
  await classifier.save(join(folder, 'classifier-float16'), { dtype: 'float16' });
  classifier.dispose();
  await writeOnnxClassifier(folder);
  const base = miniResnet('v1', 1);
  const half = await modelFiles(base, 'float16');
  base.dispose();
  mkdirSync(join(folder, 'backbone-float16'));
  for (const [name, bytes] of Object.entries(half)) {
    writeFileSync(join(folder, 'backbone-float16', name), bytes);
  }
}
