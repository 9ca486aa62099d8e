import type * as tf from '@tensorflow/tfjs';
import type { Preprocessing } from '../../base/preprocess.js';
import type { Reduction } from '../../train/extractor.js';

/**
 * What runs a frozen base:
 *
 * - `'layers'`: TensorFlow.js, layer by layer, on the active backend
 * - `'tensorflow'`: TensorFlow, as one graph; requires tfjs-node's backend to be active
 * - `'onnxruntime'`: ONNX Runtime on the CPU; requires `onnxruntime-node`
 * - `'onnxruntime-webgpu'`: ONNX Runtime on a GPU through WebGPU (Vulkan, Metal or Direct3D 12); requires `onnxruntime-node`, and no CUDA
 * - `'onnxruntime-cuda'`: ONNX Runtime on an NVIDIA GPU; requires `onnxruntime-node` with its CUDA library
 */
export type EngineName =
  'layers' | 'tensorflow' | 'onnxruntime' | 'onnxruntime-webgpu' | 'onnxruntime-cuda';

export const ENGINES: readonly EngineName[] = [
  'layers',
  'tensorflow',
  'onnxruntime',
  'onnxruntime-webgpu',
  'onnxruntime-cuda',
];

/** What an engine computes: pictures → features. */
export interface EngineTask {
  readonly base: tf.LayersModel;
  /** What a head's pooling makes of the base's map. */
  readonly reduction: Reduction;
  readonly preprocessing: Preprocessing;
  readonly inputSize: readonly [height: number, width: number];
}

/** A frozen base, ready to run. Nothing above it knows which engine it is. */
export interface Engine {
  readonly name: EngineName;
  /**
   * @param pixels `[count, height, width, 3]`, red, green and blue from 0 to 255
   * @returns features, `[count, …reduction.outputShape]`
   */
  readonly run: (pixels: Uint8Array, count: number) => Promise<Float32Array>;
  readonly dispose: () => Promise<void>;
}
