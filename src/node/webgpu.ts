import * as tf from '@tensorflow/tfjs';
import type { WebgpuDevice } from '../backend-types.js';
import { PackageError } from '../errors.js';
import { loadPackage } from './load-package.js';

const INSTALL = 'run npm install webgpu @tensorflow/tfjs-backend-webgpu';
const DRIVER =
  'install a driver for Vulkan, Metal or Direct3D 12 (on Linux also the loader libvulkan.so.1), or use wasm';

/** The part of the WebGPU standard that is used here; only later versions of TypeScript have types for it, in the DOM library. */
interface Gpu {
  readonly requestAdapter: (options: {
    readonly powerPreference: 'high-performance';
  }) => Promise<{ readonly info: WebgpuDevice } | null>;
}

/** The exports of `webgpu`, Dawn's binding for Node. */
interface Dawn {
  readonly create: (flags: readonly string[]) => Gpu;
  /** Interfaces and constants that are globals in browsers, such as `GPUBufferUsage`. */
  readonly globals: Readonly<Record<string, unknown>>;
}

/** Adds to Node what browsers have: `navigator.gpu`, and the standard's names as globals. */
function provide(gpu: Gpu, globals: Dawn['globals']): void {
  for (const [name, value] of Object.entries(globals)) {
    if (!(name in globalThis)) {
      Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    }
  }
  // Node has a navigator since version 21.
  if (!('navigator' in globalThis)) {
    const value = { userAgent: `Node.js/${process.versions.node.split('.')[0] ?? ''}` };
    Object.defineProperty(globalThis, 'navigator', { value, configurable: true, writable: true });
  }
  Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true });
}

const gpuOf = (navigator: { readonly gpu?: Gpu } | undefined): Gpu | undefined => navigator?.gpu;

/** Implements the package's `loadWebgpu`. */
export async function loadWebgpu(): Promise<WebgpuDevice> {
  const present = gpuOf((globalThis as { navigator?: object }).navigator);
  const dawn =
    present === undefined
      ? ((await loadPackage('webgpu', () => import('webgpu'), INSTALL)) as unknown as Dawn)
      : undefined;
  const gpu = present ?? dawn?.create([]);
  // The same request as TensorFlow.js's.
  const adapter = await gpu?.requestAdapter({ powerPreference: 'high-performance' });
  if (gpu === undefined || adapter == null) {
    throw new PackageError(`webgpu: expected a driver for a GPU, got none; ${DRIVER}`);
  }
  if (dawn !== undefined) provide(gpu, dawn.globals);
  await loadPackage(
    '@tensorflow/tfjs-backend-webgpu',
    () => import('@tensorflow/tfjs-backend-webgpu'),
    INSTALL,
  );
  if (!(await tf.setBackend('webgpu'))) {
    throw new PackageError(
      `webgpu: expected TensorFlow.js to start it, but setBackend() returned false; ${DRIVER}`,
    );
  }
  await tf.ready();
  const { vendor, architecture, description } = adapter.info;
  return { vendor, architecture, description };
}
