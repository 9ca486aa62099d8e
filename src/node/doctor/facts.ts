import type { EngineName } from '../../engine/names.js';

/** TensorFlow.js's backends in Node; TensorFlow's comes in two packages, for CPUs and for GPUs. */
export type BackendName = 'cpu' | 'wasm' | 'tensorflow' | 'tensorflow-gpu' | 'webgpu';

/** An installed package. */
export interface Installed {
  readonly name: string;
  readonly version: string;
  /** Its folder, with links resolved. */
  readonly path: string;
}

/** A package with the places from which it can be reached. */
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
  /** Names of NVIDIA GPUs. */
  readonly gpus: readonly string[];
}

/** What a loaded backend reports about itself; `null` where it doesn't apply. */
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
  /** Median over the runs, after one that wasn't timed. */
  readonly medianMs: number;
  readonly runs: number;
}

/** What a backend or an engine computed. */
export interface Measured {
  /** Of a ResNet-50 with random weights, for a random image. */
  readonly scores: readonly number[];
  /** Of a head on random features, after one training step; `null` of an engine, which doesn't train. */
  readonly loss: number | null;
  readonly forward: Forward;
}

export interface Failure {
  readonly stage: 'load' | 'check';
  /** The error message, or how the process ended. */
  readonly message: string;
}

/** The results of a backend or an engine in a separate process. */
export interface Trial {
  readonly loaded: Loaded | null;
  readonly measured: Measured | null;
  readonly failure: Failure | null;
  /** Shared libraries that TensorFlow didn't find and continued without. */
  readonly missingLibraries: readonly string[];
}

/** What was found about a backend or an engine. */
export interface Tried<Name extends string> {
  readonly name: Name;
  readonly package: string;
  /** `null` if it isn't installed. */
  readonly version: string | null;
  readonly state: 'passed' | 'failed' | 'not installed' | 'not tried';
  readonly loaded: Loaded | null;
  readonly forward: Forward | null;
  /** Largest difference from plain JavaScript's scores, relative to the largest of them; `null` if either is missing. */
  readonly scoreError: number | null;
  /** Relative difference from plain JavaScript's loss; `null` if either is missing. */
  readonly lossError: number | null;
  readonly failure: Failure | null;
  readonly missingLibraries: readonly string[];
}

export type BackendFacts = Tried<BackendName>;

/** An engine that runs frozen models beside TensorFlow.js's layers. */
export type OtherEngine = Exclude<EngineName, 'layers'>;

export type EngineFacts = Tried<OtherEngine>;

/** An optional package. */
export interface Peer {
  readonly name: string;
  readonly version: string | null;
  readonly usedFor: string;
}

/** What was found on a machine, without conclusions. */
export interface Facts {
  readonly resnetHeads: Installed;
  readonly machine: Machine;
  /** The current folder, and the resnet-heads that a program in it would import. */
  readonly folder: { readonly path: string; readonly resnetHeads: string | null };
  readonly tfjs: Installed | null;
  /** Copies of tfjs-core and tfjs-layers; there should be one of each. */
  readonly copies: readonly Copy[];
  readonly backends: readonly BackendFacts[];
  readonly engines: readonly EngineFacts[];
  readonly peers: readonly Peer[];
}

/** A problem and how to fix it. */
export interface Finding {
  /** A backend or a package. */
  readonly subject: string;
  readonly what: string;
  readonly remedy: string;
  /** Details, such as error messages, in lines. */
  readonly got: readonly string[];
}

export interface Diagnosis {
  /** Whether a backend passes and there is only one copy of TensorFlow.js. */
  readonly healthy: boolean;
  readonly findings: readonly Finding[];
  /** The fastest backend that passed. */
  readonly best: BackendName | null;
  /** The engine that runs frozen models by default. */
  readonly engine: EngineName;
  /** Lines of code that select it. */
  readonly use: readonly string[];
  /** What may be faster but isn't installed. */
  readonly faster: readonly { readonly install: string; readonly why: string }[];
  /** Remarks that need no action. */
  readonly notes: readonly string[];
}

/** The doctor's whole report. */
export type Checkup = Facts & Diagnosis;
