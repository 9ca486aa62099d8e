import * as tf from '@tensorflow/tfjs';

const GRADIENTS = [
  'Conv2DBackpropFilter',
  'DepthwiseConv2dNativeBackpropFilter',
  'DepthwiseConv2dNativeBackpropInput',
] as const;

const kernelsOf = (backend: string): ReadonlyMap<string, tf.KernelConfig> =>
  new Map(tf.getKernelsForBackend(backend).map((kernel) => [kernel.kernelName, kernel]));

/** Implements `supplyKernels` for a backend. */
export async function supply(backendName: string): Promise<readonly string[]> {
  const supplied: string[] = [];
  const register = (kernel: tf.KernelConfig) => {
    tf.registerKernel(kernel);
    supplied.push(kernel.kernelName);
  };
  if (backendName === 'wasm') {
    // Imported on demand: pages on other backends don't need it.
    const { isOurs, transposeFirst } = await import('./transposed-products.js');
    const product = kernelsOf(backendName).get('BatchMatMul');
    if (product !== undefined && !isOurs(product)) {
      tf.unregisterKernel('BatchMatMul', backendName);
      register(transposeFirst(product));
    }
  }
  const lacking = (kernelName: string) => !kernelsOf(backendName).has(kernelName);
  if (GRADIENTS.some(lacking)) {
    const { gradients, PARTS } = await import('./convolution-gradients.js');
    if (PARTS.some(lacking)) return supplied;
    for (const kernelName of GRADIENTS.filter(lacking)) {
      const kernelFunc = (call: never) => tf.tidy(() => gradients[kernelName](call));
      register({ kernelName, backendName, kernelFunc: kernelFunc as unknown as tf.KernelFunc });
    }
  }
  return supplied;
}
