import type { Terminal } from './terminal.js';

/** Sets the fastest backend here, and warns where that is a slow one. */
export async function chooseBackend({ err }: Terminal): Promise<string> {
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
