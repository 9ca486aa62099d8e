import { requireOneOf } from '../errors.js';
import { nodeOnly } from '../node-only.js';
import type { Engine, EngineTask } from './engine.js';
import { type EngineName, ENGINES } from './names.js';

/** The engines that only Node has. */
export const nodeEngines = nodeOnly<{
  /** Starts the engine of that name, by default the fastest one; undefined if these are the layers. */
  start(task: EngineTask, name?: Exclude<EngineName, 'layers'>): Promise<Engine | undefined>;
  /** Throws if the engine isn't available, as far as that is cheap to tell. */
  check(name: EngineName): Promise<void>;
}>();

/**
 * Checks that an engine is available, as far as that is cheap. Called even if all features are cached, so that a requested engine
 * is never silently ignored.
 *
 * @throws ArgumentError on an unknown name, for TensorFlow's graph on another backend, and for another engine than the layers in a
 *   browser; PackageError if ONNX Runtime isn't installed
 */
export async function requireEngine(name: EngineName | undefined): Promise<void> {
  if (name === undefined) return;
  requireOneOf('engine', name, ENGINES);
  if (name === 'layers') return;
  await nodeEngines.require('engine', '"layers", or none in a browser', name).check(name);
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
  await requireEngine(name);
  return name === 'layers' ? undefined : nodeEngines.get()?.start(task, name);
}
