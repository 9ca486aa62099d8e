/** TensorFlow.js's backends in Node; `tensorflow` comes in two packages, for processors and for GPUs. */
export type BackendName = 'cpu' | 'wasm' | 'tensorflow' | 'tensorflow-gpu';

/** A package as it lies on disk. */
export interface Installed {
  readonly name: string;
  readonly version: string;
  /** Its folder, links followed. */
  readonly path: string;
}

/** A package with the places that reach it. */
export interface Copy extends Installed {
  /** `this folder`, or the folder of a package. */
  readonly reachedFrom: readonly string[];
}

export interface Machine {
  readonly node: string;
  readonly platform: string;
  readonly arch: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryBytes: number;
  /** NVIDIA's, by name. */
  readonly gpus: readonly string[];
}

/** What a backend says of itself once it is there; `null` where that says nothing of it. */
export interface Loaded {
  /** Version of TensorFlow's own library. */
  readonly tensorflow: string | null;
  readonly usesGpu: boolean | null;
  readonly simd: boolean | null;
  readonly threads: number | null;
}

/** How long a ResNet-50 takes for one image. */
export interface Forward {
  /** Height and width in pixels. */
  readonly inputSize: number;
  /** Of the runs, which came after one that wasn't timed. */
  readonly medianMs: number;
  readonly runs: number;
}

/** What a backend computed. */
export interface Measured {
  /** Of a ResNet-50 with drawn weights, for a drawn image. */
  readonly scores: readonly number[];
  /** Of a head on drawn features, after one step of training. */
  readonly loss: number;
  readonly forward: Forward;
}

export interface Failure {
  readonly stage: 'load' | 'check';
  /** The error's, or how the process ended. */
  readonly message: string;
}

/** How a backend did in a process of its own. */
export interface Trial {
  readonly loaded: Loaded | null;
  readonly measured: Measured | null;
  readonly failure: Failure | null;
  /** Shared libraries that TensorFlow looked for in vain, and did without. */
  readonly missingLibraries: readonly string[];
}

export interface BackendFacts {
  readonly name: BackendName;
  readonly package: string;
  /** `null` where it isn't installed. */
  readonly version: string | null;
  readonly state: 'passed' | 'failed' | 'not installed' | 'not tried';
  readonly loaded: Loaded | null;
  readonly forward: Forward | null;
  /** Largest difference from plain JavaScript's scores, by their largest; `null` without those. */
  readonly scoreError: number | null;
  /** Difference from plain JavaScript's loss, by that; `null` without it. */
  readonly lossError: number | null;
  readonly failure: Failure | null;
  readonly missingLibraries: readonly string[];
}

/** A package that some functions do without. */
export interface Peer {
  readonly name: string;
  readonly version: string | null;
  readonly usedFor: string;
}

/** What was found on a machine, before anything is made of it. */
export interface Facts {
  readonly resnetHeads: Installed;
  readonly machine: Machine;
  /** The current folder, and which resnet-heads a program in it would get. */
  readonly folder: { readonly path: string; readonly resnetHeads: string | null };
  readonly tfjs: Installed | null;
  /** Of tfjs-core and tfjs-layers; each should be there once. */
  readonly copies: readonly Copy[];
  readonly backends: readonly BackendFacts[];
  readonly peers: readonly Peer[];
}

/** What is wrong, and what to do about it. */
export interface Finding {
  /** A backend or a package. */
  readonly subject: string;
  readonly what: string;
  readonly remedy: string;
  /** What was said or seen, in lines, where that tells more. */
  readonly got: readonly string[];
}

export interface Diagnosis {
  /** Whether a backend passes and one copy of TensorFlow.js is there. */
  readonly healthy: boolean;
  readonly findings: readonly Finding[];
  /** The fastest backend that passed. */
  readonly best: BackendName | null;
  /** Lines of code that set it. */
  readonly use: readonly string[];
  /** What may be faster, and isn't installed. */
  readonly faster: readonly { readonly install: string; readonly why: string }[];
  /** Good to know, and nothing to mend. */
  readonly notes: readonly string[];
}

/** All that the doctor has to say. */
export type Checkup = Facts & Diagnosis;
