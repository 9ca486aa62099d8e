/** Class name of the layer that stands for an ONNX file. */
export const ONNX_LAYER = 'OnnxBackbone';
