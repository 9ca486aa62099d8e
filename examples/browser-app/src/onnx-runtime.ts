import { setOnnxRuntime } from 'resnet-heads';

/** Loads ONNX Runtime, which runs ONNX backbones: 14 MB of WebAssembly, fetched only for them. */
export async function startOnnxRuntime(): Promise<void> {
  setOnnxRuntime(await import('onnxruntime-web/wasm'));
}
