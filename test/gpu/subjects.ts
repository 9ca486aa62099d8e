import type { EngineName } from '../../src/engine/names';

/** What is compared: what runs the base, and the backend of TensorFlow.js beside it. */
export interface Subject {
  readonly name: string;
  readonly backend: 'cpu' | 'webgpu' | 'tfjs-node-gpu';
  readonly engine: EngineName;
  /** Whether it computes on the GPU; the others are its references. */
  readonly usesGpu: boolean;
  /** Set before its process starts. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Relative to the largest feature. Absent where arithmetic of less than 24 bits may be used, whose error is only stated.
   */
  readonly tolerance?: number;
}

/** The contract between backends of test/backends. */
const TOLERANCE = 1e-4;

const REFERENCE = { name: 'ONNX Runtime, CPU', engine: 'onnxruntime' } as const;

/**
 * TensorFlow and ONNX Runtime's CUDA provider let products and convolutions run in TF32, of 10 bits of mantissa, where a GPU has it (TensorFlow's page
 * on `enable_tensor_float_32_execution`; ONNX Runtime's on `use_tf32`); this variable forbids it to NVIDIA's libraries.
 */
const WITHOUT_TF32 = { NVIDIA_TF32_OVERRIDE: '0' };

const onnxRuntime = (name: string, engine: EngineName, more: Partial<Subject> = {}): Subject => ({
  name,
  backend: 'cpu',
  engine,
  usesGpu: true,
  ...more,
});

const tfjsNodeGpu = (name: string, more: Partial<Subject>): Subject => ({
  name,
  backend: 'tfjs-node-gpu',
  engine: 'tensorflow',
  usesGpu: true,
  ...more,
});

/** The reference first. */
export const SUBJECTS: readonly Subject[] = [
  { ...REFERENCE, backend: 'cpu', usesGpu: false },
  onnxRuntime('ONNX Runtime, WebGPU', 'onnxruntime-webgpu', { tolerance: TOLERANCE }),
  onnxRuntime('ONNX Runtime, CUDA without TF32', 'onnxruntime-cuda', {
    tolerance: TOLERANCE,
    env: WITHOUT_TF32,
  }),
  onnxRuntime('ONNX Runtime, CUDA', 'onnxruntime-cuda'),
  {
    name: 'TensorFlow.js, webgpu',
    backend: 'webgpu',
    engine: 'layers',
    usesGpu: true,
    tolerance: TOLERANCE,
  },
  tfjsNodeGpu('tfjs-node-gpu without TF32', { tolerance: TOLERANCE, env: WITHOUT_TF32 }),
  tfjsNodeGpu('tfjs-node-gpu', {}),
  tfjsNodeGpu('tfjs-node-gpu, CPU', { usesGpu: false, env: { CUDA_VISIBLE_DEVICES: '-1' } }),
];
