/** The packages that bring TensorFlow's own library, with the same functions and types. */
export type TfjsNodePackage = '@tensorflow/tfjs-node' | '@tensorflow/tfjs-node-gpu';

/** The device that WebGPU computes on, as its driver names it; a text is empty where the driver says nothing. */
export interface WebgpuDevice {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
}
