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

/** Settings of a session that this package uses. */
export interface SessionOptions {
  executionProviders: string[];
  logSeverityLevel: 3;
  enableMemPattern?: boolean;
}

/** What this package uses of ONNX Runtime: the module `onnxruntime-web`, or another build of it such as `onnxruntime-web/webgpu`. */
export interface OnnxRuntime {
  readonly InferenceSession: {
    create(file: Uint8Array, options: SessionOptions): Promise<OnnxSession>;
    // eslint-disable-next-line @typescript-eslint/unified-signatures -- ONNX Runtime's own overloads can't be assigned to a union
    create(path: string, options: SessionOptions): Promise<OnnxSession>;
  };
  readonly Tensor: {
    new (type: 'float32', data: Float32Array, dims: readonly number[]): OnnxTensor;
    new (type: 'uint8', data: Uint8Array, dims: readonly number[]): OnnxTensor;
  };
}
