import type { Terminal } from './terminal.js';

/**
 * Loads the parts of the library that only work in Node. Imported on demand, like everything that needs TensorFlow.js:
 * `compare`, `inspect` and `--help` work without it.
 */
export async function inNode(): Promise<void> {
  const { loadPackage } = await import('../node/load-package.js');
  const load = () => import('@tensorflow/tfjs');
  await loadPackage('@tensorflow/tfjs', load, 'run npm install @tensorflow/tfjs');
  const { provideNode } = await import('../node/provide.js');
  provideNode();
}

/** Sets the fastest backend of this machine, and warns if that is plain JavaScript. */
export async function chooseBackend({ err }: Terminal): Promise<string> {
  await inNode();
  const { useFastestBackend } = await import('../backend.js');
  const backend = await useFastestBackend();
  if (backend === 'cpu') {
    // ResNet-50 takes 14 s per picture; 0.5 s on WebAssembly (docs/backends.md).
    err(
      'warning: TensorFlow.js computes in plain JavaScript (cpu), about 30 times slower than WebAssembly; npm install @tensorflow/tfjs-backend-wasm',
    );
  }
  return backend;
}
