import { isKernel } from '../kernel.js';
import type { Message } from '../protobuf.js';
import { modelProto, type OnnxModel, type OnnxTensor } from './schema.js';

/** A model in two files. */
export interface TwoFiles {
  readonly model: Message;
  /** The kernels, one after another. */
  readonly kernels: Message;
}

/**
 * Writes the kernels of a model to a file of their own, which ONNX Runtime maps into memory instead of copying it.
 *
 * @param location name of that file, in the model's folder
 */
export function withExternalKernels(model: OnnxModel, location: string): TwoFiles {
  const kernels: OnnxTensor['data'][] = [];
  let offset = 0;
  const tensors = model.tensors.map((tensor): OnnxTensor => {
    if (!isKernel(tensor.shape)) return tensor;
    const external = { location, offset };
    kernels.push(tensor.data);
    offset += tensor.data.byteLength;
    return { ...tensor, external };
  });
  return { model: modelProto({ ...model, tensors }), kernels };
}
