import type { EngineName } from '../../engine/names.js';
import type { BackendName, Facts, OtherEngine, Tried } from './facts.js';

/** The engines beside TensorFlow.js's layers, and the packages that they come from. */
export const ENGINE_PACKAGES: readonly { readonly name: OtherEngine; readonly package: string }[] =
  [
    { name: 'onnxruntime', package: 'onnxruntime-node' },
    { name: 'tensorflow', package: '@tensorflow/tfjs-node' },
    { name: 'onnxruntime-webgpu', package: 'onnxruntime-node' },
    { name: 'onnxruntime-cuda', package: 'onnxruntime-node' },
  ];

/** Engines and backends that need more than their package: a GPU, and its driver or libraries. */
const ON_GPU: readonly (BackendName | OtherEngine)[] = [
  'onnxruntime-webgpu',
  'onnxruntime-cuda',
  'webgpu',
];

export const needsGpu = ({ name }: Tried<BackendName | OtherEngine>): boolean =>
  ON_GPU.includes(name);

/** The engine that is used by default where TensorFlow.js computes on the CPU. */
export const defaultEngine = ({ engines }: Pick<Facts, 'engines'>): EngineName =>
  engines.find((each) => each.state === 'passed' && !needsGpu(each))?.name ?? 'layers';
