/**
 * The library that runs a frozen model on pictures:
 *
 * - `'layers'`: TensorFlow.js, layer by layer, on the active backend
 * - `'tensorflow'`: TensorFlow, as one graph; requires tfjs-node's backend to be active
 * - `'onnxruntime'`: ONNX Runtime on the CPU; requires `onnxruntime-node`
 * - `'onnxruntime-webgpu'`: ONNX Runtime on a GPU through WebGPU (Vulkan, Metal or Direct3D 12); requires `onnxruntime-node`, but not CUDA
 * - `'onnxruntime-cuda'`: ONNX Runtime on an NVIDIA GPU; requires `onnxruntime-node` with its CUDA library
 *
 * All but the layers run in Node only. By default it is `'onnxruntime'` where `onnxruntime-node` is installed, else `'tensorflow'` where
 * tfjs-node's backend is active, else `'layers'`, and the first of them that has all the model's layers; but if TensorFlow.js computes on
 * a GPU, it stays there.
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
