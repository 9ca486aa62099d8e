import type * as tf from '@tensorflow/tfjs';
import { reject, requireOneOf } from '../errors.js';
import { onnxOf } from '../onnx/base.js';
import { nodeOnly } from '../node-only.js';
import type { Engine, EngineTask } from './engine.js';
import { type EngineName, ENGINES } from './names.js';

/** Engines besides the layers. */
export interface OtherEngines {
  /** Starts the engine of that name, by default the fastest one; undefined if these are the layers. */
  start(task: EngineTask, name?: Exclude<EngineName, 'layers'>): Promise<Engine | undefined>;
  /** Throws if the engine isn't available, as far as that is cheap to tell. */
  check(name: EngineName): Promise<void>;
}

/** The engines of Node. */
export const nodeEngines = nodeOnly<OtherEngines>();

let pageEngines: OtherEngines | undefined;

/** Makes engines available in a page. */
export function providePageEngines(engines: OtherEngines): void {
  pageEngines = engines;
}

/** @throws ArgumentError in a page without them */
const otherEngines = (name: EngineName): OtherEngines =>
  nodeEngines.get() ??
  pageEngines ??
  reject(
    'engine',
    '"layers", or none in a page without ONNX Runtime',
    name,
    "npm install onnxruntime-web; import * as ort from 'onnxruntime-web'; setOnnxRuntime(ort)",
  );

/**
 * Checks that an engine is available, as far as that is cheap. Called even if all features are cached, so that a requested engine
 * is never silently ignored.
 *
 * @throws ArgumentError on an unknown name, for TensorFlow's graph on another backend, and in a browser for TensorFlow's graph or without
 *   `setOnnxRuntime`; PackageError if ONNX Runtime isn't installed
 */
export async function requireEngine(name: EngineName | undefined): Promise<void> {
  if (name === undefined) return;
  requireOneOf('engine', name, ENGINES);
  if (name !== 'layers') await otherEngines(name).check(name);
}

/** {@link requireEngine} for a model that may stand for an ONNX file, which only ONNX Runtime runs. */
export async function requireEngineFor(
  model: tf.LayersModel,
  name: EngineName | undefined,
): Promise<void> {
  const isOnnx = onnxOf(model) !== undefined;
  if (isOnnx) requireOnnxEngine(name);
  await requireEngine(name ?? (isOnnx ? 'onnxruntime' : undefined));
}

/** @throws ArgumentError if an engine doesn't run ONNX files */
export function requireOnnxEngine(name: EngineName | undefined): void {
  if (name === undefined || name.startsWith('onnxruntime')) return;
  reject('engine', 'one of ONNX Runtime for an ONNX file', name, 'use onnxruntime');
}

/**
 * Starts an engine.
 *
 * @param name by default the fastest one that is installed and can run the model; see {@link EngineName}
 * @throws ArgumentError if the model has a layer that the named engine can't run, and as {@link requireEngine}; PackageError if ONNX
 *   Runtime or its provider is missing
 */
export async function startEngine(task: EngineTask, name?: EngineName): Promise<Engine> {
  const other = await startEngineIfFaster(task, name);
  if (other !== undefined) return other;
  // On demand: a page that only classifies runs the model itself.
  return (await import('./layers.js')).layersEngine(task);
}

/** {@link startEngine}, or undefined for the layers. */
export async function startEngineIfFaster(
  task: EngineTask,
  name?: EngineName,
): Promise<Engine | undefined> {
  await requireEngineFor(task.model, name);
  if (name === 'layers') return undefined;
  if (onnxOf(task.model) || name !== undefined)
    return otherEngines(name ?? 'onnxruntime').start(task, name);
  // In a page, TensorFlow.js is as fast (docs/backends.md).
  return nodeEngines.get()?.start(task);
}
