import type { Terminal } from './terminal.js';

/**
 * Gives the library what only Node can do. On demand, as is all that needs TensorFlow.js: `compare`, `inspect` and `--help` do
 * without it.
 */
export async function inNode(): Promise<void> {
  const { loadPackage } = await import('../node/load-package.js');
  const load = () => import('@tensorflow/tfjs');
  await loadPackage('@tensorflow/tfjs', load, 'run npm install @tensorflow/tfjs');
  const { provideNode } = await import('../node/provide.js');
  provideNode();
}

/** Sets the fastest backend here, and warns where that is a slow one. */
export async function chooseBackend({ err }: Terminal): Promise<string> {
  await inNode();
  const { useFastestBackend } = await import('../backend.js');
  const backend = await useFastestBackend();
  if (backend === 'cpu') {
    // A ResNet-50 takes 14 s for a picture, on WebAssembly 0.5 s (docs/backends.md).
    err(
      'warning: computing in plain JavaScript (cpu), some 30 times slower than WebAssembly; npm install @tensorflow/tfjs-backend-wasm',
    );
  }
  return backend;
}
