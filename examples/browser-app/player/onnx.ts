/** ONNX Runtime: a file of its own, which only pages with an ONNX backbone have. */
export * from 'onnxruntime-web/wasm';
