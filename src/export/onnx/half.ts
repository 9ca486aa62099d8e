import { bytesOf } from '../../bytes.js';
import { elementCode } from '../../onnx/element-types.js';
import { weightsToHalf } from '../../weights/formats/to-half.js';
import { isKernel } from '../kernel.js';
import { floatsIn } from './tensor.js';
import { type OnnxNode, type OnnxTensor } from './schema.js';

function half(tensor: OnnxTensor): OnnxTensor {
  const { name, data } = tensor;
  return {
    ...{ ...tensor, name: `${name}/float16`, type: 'float16' },
    data: {
      byteLength: data.byteLength / 2,
      write(into) {
        into.set(bytesOf(weightsToHalf(name, floatsIn(tensor))));
      },
    },
  };
}

/**
 * Stores kernels in float16. Operators convert them to float32, which runtimes do once, when they load the file, so that every
 * processor can compute with them.
 *
 * @throws ArgumentError, once written, if a weight is too large for float16
 */
export function withHalfKernels<Graph extends GraphParts>(graph: Graph): Graph {
  const isStored = ({ type, shape }: OnnxTensor) => type === 'float32' && isKernel(shape);
  const casts = graph.tensors.filter(isStored).map(({ name }): OnnxNode => ({
    ...{ name: `${name}/Cast`, op: 'Cast', inputs: [`${name}/float16`], output: name },
    attributes: { to: elementCode('float32') },
  }));
  return {
    ...graph,
    nodes: [...casts, ...graph.nodes],
    tensors: graph.tensors.map((tensor) => (isStored(tensor) ? half(tensor) : tensor)),
  };
}

interface GraphParts {
  readonly nodes: readonly OnnxNode[];
  readonly tensors: readonly OnnxTensor[];
}
