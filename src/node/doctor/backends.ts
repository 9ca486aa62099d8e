import { loadTfjsNode } from '../tfjs-node.js';
import type { BackendName, Machine } from './facts.js';

export interface Backend {
  readonly name: BackendName;
  readonly package: string;
  /** Its name in TensorFlow.js. */
  readonly registered: string;
  /** Imports it, so that it registers itself. */
  readonly load: () => Promise<unknown>;
  /** The code that selects it in a program. */
  readonly use: readonly string[];
  /** Whether there is a library for a machine. */
  readonly runsOn: (machine: Pick<Machine, 'platform' | 'arch'>) => boolean;
}

const IMPORT_TFJS = "import * as tf from '@tensorflow/tfjs';";
const IMPORT_LOADER = "import { loadTfjsNode } from 'resnet-heads';";

/** In the order in which `useFastestBackend` tries them in Node. */
const BY_PREFERENCE: readonly BackendName[] = ['tensorflow', 'tensorflow-gpu', 'wasm', 'cpu'];

// Platforms with an official library: scripts/install.js and deps-constants.js of tfjs-node 4.22.
const PROCESSORS = ['linux-x64', 'linux-arm64', 'linux-arm', 'darwin-x64', 'darwin-arm64'];
const WITH_CUDA = ['linux-x64', 'win32-x64'];

/** Plain JavaScript comes first, as the others are compared with it. */
export const BACKENDS: readonly Backend[] = [
  {
    name: 'cpu',
    package: '@tensorflow/tfjs',
    registered: 'cpu',
    load: () => import('@tensorflow/tfjs'),
    use: [IMPORT_TFJS, "await tf.setBackend('cpu');"],
    runsOn: () => true,
  },
  {
    name: 'wasm',
    package: '@tensorflow/tfjs-backend-wasm',
    registered: 'wasm',
    load: () => import('@tensorflow/tfjs-backend-wasm'),
    use: [IMPORT_TFJS, "import '@tensorflow/tfjs-backend-wasm';", "await tf.setBackend('wasm');"],
    runsOn: () => true,
  },
  {
    name: 'tensorflow',
    package: '@tensorflow/tfjs-node',
    registered: 'tensorflow',
    load: () => loadTfjsNode(),
    use: [IMPORT_LOADER, 'await loadTfjsNode();'],
    runsOn: ({ platform, arch }) => [...PROCESSORS, 'win32-x64'].includes(`${platform}-${arch}`),
  },
  {
    name: 'tensorflow-gpu',
    package: '@tensorflow/tfjs-node-gpu',
    registered: 'tensorflow',
    load: () => loadTfjsNode('@tensorflow/tfjs-node-gpu'),
    use: [IMPORT_LOADER, "await loadTfjsNode('@tensorflow/tfjs-node-gpu');"],
    runsOn: ({ platform, arch }) => WITH_CUDA.includes(`${platform}-${arch}`),
  },
  {
    name: 'webgpu',
    package: '@tensorflow/tfjs-backend-webgpu',
    registered: 'webgpu',
    load: async () => (await import('../webgpu.js')).loadWebgpu(),
    use: ["import { loadWebgpu } from 'resnet-heads';", 'await loadWebgpu();'],
    runsOn: () => true,
  },
];

const USE_FASTEST = [
  "import { useFastestBackend } from 'resnet-heads';",
  'await useFastestBackend();',
];

/**
 * The code that selects a backend in a program. `useFastestBackend` is only suggested if it would choose this backend: it could
 * choose one that was found to be slower, or crash in one that was found to be broken.
 *
 * @param installed all installed backends
 */
export function codeToUse(best: BackendName, installed: readonly BackendName[]): readonly string[] {
  if (BY_PREFERENCE.find((name) => installed.includes(name)) === best) return USE_FASTEST;
  return BACKENDS.find(({ name }) => name === best)?.use ?? [];
}
