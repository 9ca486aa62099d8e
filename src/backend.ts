import * as tf from '@tensorflow/tfjs';
import type { TfjsNodePackage, WebgpuDevice } from './backend-types.js';
import { ArgumentError } from './errors.js';
import { nodeOnly } from './node-only.js';

/** Loaders of the backends' packages, which only work in Node. */
export const backendPackages = nodeOnly<{
  /** Imports the fastest installed backend, which registers it. */
  loadFastest(): Promise<void>;
  loadTfjsNode(name: TfjsNodePackage): Promise<typeof import('@tensorflow/tfjs-node')>;
  loadWebgpu(): Promise<WebgpuDevice>;
}>();

/** Names of software renderers: Chromium's, Mesa's and Windows's. */
const BY_SOFTWARE = /swiftshader|llvmpipe|softpipe|basic render/i;

/** The part of WebGPU that is used here. */
interface Gpu {
  requestAdapter(): Promise<{ readonly info?: { readonly isFallbackAdapter?: boolean } } | null>;
}

async function hasWebgpuCard(): Promise<boolean> {
  const { gpu } = (globalThis.navigator as { readonly gpu?: Gpu } | undefined) ?? {};
  const adapter = await gpu?.requestAdapter();
  return adapter != null && adapter.info?.isFallbackAdapter !== true;
}

function hasWebglCard(): boolean {
  if (typeof document === 'undefined') return false;
  const context = document.createElement('canvas').getContext('webgl2');
  if (context === null) return false;
  const facts = context.getExtension('WEBGL_debug_renderer_info');
  const renderer = facts ? String(context.getParameter(facts.UNMASKED_RENDERER_WEBGL)) : '';
  context.getExtension('WEBGL_lose_context')?.loseContext();
  return !BY_SOFTWARE.test(renderer);
}

/** Backends from fast to slow. `webgpu` and `webgl` need a graphics card: a browser's software renderer is slower than WebAssembly. */
const BACKENDS: readonly (readonly [name: string, suits: () => boolean | Promise<boolean>])[] = [
  ['tensorflow', () => true],
  ['webgpu', hasWebgpuCard],
  ['webgl', hasWebglCard],
  ['wasm', () => true],
  ['cpu', () => true],
];

/**
 * Sets the fastest available TensorFlow.js backend. In Node it first loads `@tensorflow/tfjs-node` or
 * `@tensorflow/tfjs-backend-wasm` if one is installed; in a browser it chooses among the backends that the page has imported.
 *
 * @example await useFastestBackend() // 'tensorflow'
 * @returns the backend's name: `'tensorflow'`, `'webgpu'`, `'webgl'`, `'wasm'` or, for plain JavaScript, `'cpu'`
 * @throws ArgumentError if no backend works
 */
export async function useFastestBackend(): Promise<string> {
  await backendPackages.get()?.loadFastest();
  for (const [name, suits] of BACKENDS) {
    // Can be null or undefined, unlike its type.
    const factory = tf.findBackendFactory(name) as unknown;
    if (factory == null || !(await suits())) continue;
    // If a backend can't start, TensorFlow.js keeps the previous one.
    const isSet = await tf.setBackend(name).catch(() => false);
    if (!isSet || tf.getBackend() !== name) continue;
    await tf.ready();
    return name;
  }
  throw new ArgumentError(
    'backend: expected one that works on this machine, got none; import @tensorflow/tfjs-backend-wasm',
  );
}

/**
 * Loads tfjs-node, including on Node 23 and later: it first restores two functions that Node has removed and tfjs-node calls.
 * Like an `import`, loading sets the package's backend, `tensorflow`.
 *
 * @param name the build for CPUs or the one for NVIDIA GPUs
 * @returns the package: all of `@tensorflow/tfjs`, and `node`
 * @throws PackageError if it isn't installed or its native library doesn't load; ArgumentError in a browser
 */
export async function loadTfjsNode(
  name: '@tensorflow/tfjs-node' | '@tensorflow/tfjs-node-gpu' = '@tensorflow/tfjs-node',
): Promise<typeof import('@tensorflow/tfjs-node')> {
  return backendPackages.require('loadTfjsNode', 'Node', 'a browser').loadTfjsNode(name);
}

/**
 * Loads and sets TensorFlow.js's `webgpu` backend in Node, for GPUs of any vendor and without CUDA. Dawn, Chromium's
 * implementation of WebGPU, runs it through Vulkan, Metal or Direct3D 12. Requires `webgpu` and
 * `@tensorflow/tfjs-backend-webgpu`.
 *
 * Defines `navigator.gpu` and the other globals of the WebGPU standard, which TensorFlow.js needs.
 *
 * @returns the device that it computes on; check it, as it can be a software renderer such as SwiftShader
 * @throws PackageError if a package isn't installed or there is no driver; ArgumentError in a browser
 */
export async function loadWebgpu(): Promise<WebgpuDevice> {
  return backendPackages.require('loadWebgpu', 'Node', 'a browser').loadWebgpu();
}
