import * as tf from '@tensorflow/tfjs';
import type { TfjsNodePackage, WebgpuDevice } from './backend-types.js';
import { ArgumentError } from './errors.js';
import { nodeOnly } from './node-only.js';

/** Packages of backends. */
export const backendPackages = nodeOnly<{
  /** Has the fastest backend that is installed register itself. */
  loadFastest(): Promise<void>;
  loadTfjsNode(name: TfjsNodePackage): Promise<typeof import('@tensorflow/tfjs-node')>;
  loadWebgpu(): Promise<WebgpuDevice>;
}>();

/** What renderers without a graphics card call themselves: Chromium's, Mesa's and Windows's. */
const BY_SOFTWARE = /swiftshader|llvmpipe|softpipe|basic render/i;

/** The part of WebGPU that is asked for a graphics card; TypeScript's own types for it come with later versions of the DOM's. */
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

/** By speed, with a graphics card or without. The browser's own software renderer is slower than WebAssembly. */
const BACKENDS: readonly (readonly [name: string, suits: () => boolean | Promise<boolean>])[] = [
  ['tensorflow', () => true],
  ['webgpu', hasWebgpuCard],
  ['webgl', hasWebglCard],
  ['wasm', () => true],
  ['cpu', () => true],
];

/**
 * Sets the fastest backend of TensorFlow.js that works here, for scripts and pages. In Node it loads `@tensorflow/tfjs-node` or
 * `@tensorflow/tfjs-backend-wasm`, whichever is installed; in a browser it chooses among those that the page imports.
 *
 * @example await useFastestBackend() // 'tensorflow'
 * @returns its name, such as `'tensorflow'`, `'webgl'`, `'wasm'` or, in plain JavaScript, `'cpu'`
 */
export async function useFastestBackend(): Promise<string> {
  await backendPackages.get()?.loadFastest();
  for (const [name, suits] of BACKENDS) {
    // The types leave out that there may be none.
    const factory = tf.findBackendFactory(name) as unknown;
    if (factory == null || !(await suits())) continue;
    // Where one can't start, TensorFlow.js goes on with the one before.
    const isSet = await tf.setBackend(name).catch(() => false);
    if (!isSet || tf.getBackend() !== name) continue;
    await tf.ready();
    return name;
  }
  throw new ArgumentError(
    'backend: expected one that works here, got none; import @tensorflow/tfjs-backend-wasm',
  );
}

/**
 * Loads tfjs-node in Node, also on Node 23 and later, where its operations fail for two functions that Node no longer
 * has; they are put back first. Loading it sets its backend, `tensorflow`, as an `import` does.
 *
 * @param name the build for CPUs, or the one for NVIDIA's GPUs
 * @returns the package, which is all of `@tensorflow/tfjs` and `node`
 * @throws PackageError where it isn't installed, and where its native library doesn't load
 */
export async function loadTfjsNode(
  name: '@tensorflow/tfjs-node' | '@tensorflow/tfjs-node-gpu' = '@tensorflow/tfjs-node',
): Promise<typeof import('@tensorflow/tfjs-node')> {
  return backendPackages.require('loadTfjsNode', 'Node', 'a browser').loadTfjsNode(name);
}

/**
 * Loads TensorFlow.js's `webgpu` backend in Node and sets it: Dawn, Chromium's implementation of WebGPU, runs it on a GPU of any
 * make through Vulkan, Metal or Direct3D 12, without CUDA. Requires `webgpu` and `@tensorflow/tfjs-backend-webgpu`.
 *
 * Defines `navigator.gpu` and the globals of the WebGPU standard, which TensorFlow.js looks for.
 *
 * @returns the device that it computes on; a driver may be a software renderer such as SwiftShader, so look at it
 * @throws PackageError where a package isn't installed, or there is no driver
 */
export async function loadWebgpu(): Promise<WebgpuDevice> {
  return backendPackages.require('loadWebgpu', 'Node', 'a browser').loadWebgpu();
}
