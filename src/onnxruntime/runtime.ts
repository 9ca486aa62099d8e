/** A tensor of ONNX Runtime. */
export interface OnnxTensor {
  readonly type: string;
  readonly data: unknown;
  readonly dims: readonly number[];
}

/** A file that ONNX Runtime has loaded. */
export interface OnnxSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(inputs: Readonly<Record<string, OnnxTensor>>): Promise<Readonly<Record<string, OnnxTensor>>>;
  release(): Promise<void>;
}

/** What this package uses of ONNX Runtime: the module `onnxruntime-web`, or another build of it such as `onnxruntime-web/webgpu`. */
export interface OnnxRuntime {
  readonly InferenceSession: {
    create(
      file: Uint8Array,
      options: {
        executionProviders: string[];
        logSeverityLevel: 3;
        enableMemPattern?: boolean;
        intraOpNumThreads?: number;
      },
    ): Promise<OnnxSession>;
  };
  readonly Tensor: {
    new (type: 'float32', data: Float32Array, dims: readonly number[]): OnnxTensor;
    new (type: 'uint8', data: Uint8Array, dims: readonly number[]): OnnxTensor;
  };
}
