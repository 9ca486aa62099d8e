/** The packages with TensorFlow's native library; both have the same functions and types. */
export type TfjsNodePackage = '@tensorflow/tfjs-node' | '@tensorflow/tfjs-node-gpu';

/** The device that WebGPU computes on, as reported by its driver; a field is empty if the driver doesn't report it. */
export interface WebgpuDevice {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
}
