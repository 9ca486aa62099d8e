import type { BackendFacts, Copy, EngineFacts, Facts, Tried } from '../../src/node/doctor/facts';

const NOTHING = { tensorflow: null, usesGpu: null, simd: null, threads: null };

export const copy = (name: string, path: string, version = '4.22.0'): Copy => ({
  name: `@tensorflow/${name}`,
  version,
  path,
  reachedFrom: ['this folder'],
});

/** A backend that has passed, unless it is told otherwise. */
function backend(name: BackendFacts['name'], packageName: string, medianMs: number): BackendFacts {
  return {
    name,
    package: `@tensorflow/${packageName}`,
    version: '4.22.0',
    state: 'passed',
    loaded: NOTHING,
    forward: { inputSize: 224, medianMs, runs: 3 },
    scoreError: 1e-6,
    lossError: 1e-7,
    failure: null,
    missingLibraries: [],
  };
}

export const cpu: BackendFacts = {
  ...backend('cpu', 'tfjs', 400),
  forward: { inputSize: 32, medianMs: 250, runs: 4 },
};
export const wasm: BackendFacts = {
  ...backend('wasm', 'tfjs-backend-wasm', 300),
  loaded: { ...NOTHING, simd: true, threads: 1 },
};
export const tensorflow: BackendFacts = {
  ...backend('tensorflow', 'tfjs-node', 100),
  loaded: { ...NOTHING, tensorflow: '2.9.1', usesGpu: false },
};
export const gpu: BackendFacts = {
  ...backend('tensorflow-gpu', 'tfjs-node-gpu', 10),
  loaded: { ...NOTHING, tensorflow: '2.9.1', usesGpu: true },
};

export const webgpu = backend('webgpu', 'tfjs-backend-webgpu', 8);

const WITHOUT = { loaded: null, forward: null, scoreError: null, lossError: null } as const;

export const absent = <Name extends string>(facts: Tried<Name>): Tried<Name> => ({
  ...facts,
  ...WITHOUT,
  version: null,
  state: 'not installed',
});

export const broken = <Name extends string>(facts: Tried<Name>, message: string): Tried<Name> => ({
  ...facts,
  ...WITHOUT,
  state: 'failed',
  failure: { stage: 'load', message },
});

/** An engine that has passed. */
const engine = (name: EngineFacts['name'], packageName: string, medianMs: number): EngineFacts => ({
  ...{ name, package: packageName, version: '1.30.0', state: 'passed', loaded: null },
  ...{ forward: { inputSize: 224, medianMs, runs: 9 }, scoreError: 1e-6, lossError: null },
  ...{ failure: null, missingLibraries: [] },
});

export const runtime = engine('onnxruntime', 'onnxruntime-node', 22);
export const graph = engine('tensorflow', '@tensorflow/tfjs-node', 46);
export const runtimeOnGpu = engine('onnxruntime-webgpu', 'onnxruntime-node', 6);

/** A machine without a GPU on which everything passes that can. */
export const soundFacts: Facts = {
  resnetHeads: { name: 'resnet-heads', version: '1.2.3', path: '/app/node_modules/resnet-heads' },
  machine: {
    node: '22.1.0',
    platform: 'linux',
    arch: 'x64',
    processor: 'A processor',
    cores: 2,
    memoryBytes: 8e9,
    gpus: [],
  },
  folder: { path: '/app', resnetHeads: '/app/node_modules/resnet-heads' },
  tfjs: {
    name: '@tensorflow/tfjs',
    version: '4.22.0',
    path: '/app/node_modules/@tensorflow/tfjs',
  },
  copies: [
    copy('tfjs-core', '/app/node_modules/@tensorflow/tfjs-core'),
    copy('tfjs-layers', '/app/node_modules/@tensorflow/tfjs-layers'),
  ],
  backends: [cpu, wasm, tensorflow, absent(gpu), absent(webgpu)],
  engines: [runtime, graph, broken(runtimeOnGpu, 'no adapter')],
  peers: [
    { name: 'sharp', version: '0.34.0', usedFor: 'reading pictures' },
    { name: 'echarts', version: null, usedFor: 'drawing charts' },
  ],
};
