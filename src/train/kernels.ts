import * as tf from '@tensorflow/tfjs';

const GRADIENTS = [
  'Conv2DBackpropFilter',
  'DepthwiseConv2dNativeBackpropFilter',
  'DepthwiseConv2dNativeBackpropInput',
] as const;

const kernelsOf = (backend: string): ReadonlyMap<string, tf.KernelConfig> =>
  new Map(tf.getKernelsForBackend(backend).map((kernel) => [kernel.kernelName, kernel]));

/**
 * Registers kernels that training needs and the active backend lacks. For wasm these are the gradients of convolutions, and a
 * product of transposed matrices that is 20 to 30 times as fast as the backend's own. `fitHead` and `fineTune` call this
 * function; call it before a training loop of your own, such as `model.fit`. No other existing kernel is replaced, and calling it
 * again does nothing.
 *
 * @returns the names of the kernels that this call registered
 * @throws if the backend isn't ready yet
 */
export async function supplyKernels(): Promise<readonly string[]> {
  // Starts a backend if none is active, or throws if it must be awaited.
  tf.backend();
  const backendName = tf.getBackend();
  const supplied: string[] = [];
  const supply = (kernel: tf.KernelConfig) => {
    tf.registerKernel(kernel);
    supplied.push(kernel.kernelName);
  };
  if (backendName === 'wasm') {
    // Imported on demand: pages on other backends don't need it.
    const { isOurs, transposeFirst } = await import('./transposed-products.js');
    const product = kernelsOf(backendName).get('BatchMatMul');
    if (product !== undefined && !isOurs(product)) {
      tf.unregisterKernel('BatchMatMul', backendName);
      supply(transposeFirst(product));
    }
  }
  const lacking = (kernelName: string) => !kernelsOf(backendName).has(kernelName);
  if (GRADIENTS.some(lacking)) {
    const { gradients, PARTS } = await import('./convolution-gradients.js');
    if (PARTS.some(lacking)) return supplied;
    for (const kernelName of GRADIENTS.filter(lacking)) {
      const kernelFunc = (call: never) => tf.tidy(() => gradients[kernelName](call));
      supply({ kernelName, backendName, kernelFunc: kernelFunc as unknown as tf.KernelFunc });
    }
  }
  return supplied;
}
