import * as tf from '@tensorflow/tfjs';
import { preprocess } from '../base/preprocess.js';
import type { EngineName } from '../engine/names.js';
import { startEngineIfFaster } from '../engine/start.js';
import { present } from '../errors.js';
import { replayAll, unreached } from '../model/replay.js';
import { endOfBase } from '../model/seam.js';
import type { ImageFormat } from '../pictures/set.js';
import { weightIds } from '../model/weight-ids.js';
import type { FeatureView } from './familiarity/view.js';

/** What a classifier's model gives for pictures. The caller disposes the tensors. */
export interface Outputs {
  readonly scores: tf.Tensor;
  /** What the head learned from; only if a view was passed. */
  readonly features?: tf.Tensor | undefined;
}

/** Runs a classifier's model. */
export interface Scorer {
  readonly engine: EngineName;
  /**
   * @param pixels `[n, height, width, 3]`, RGB from 0 to 255; they remain the caller's
   * @param view of the model, if the features are needed
   */
  readonly run: (
    pixels: tf.Tensor4D,
    view?: Pick<FeatureView, 'model' | 'features'>,
  ) => Promise<Outputs>;
  /** Only the features, which the caller disposes. */
  readonly features: (
    pixels: tf.Tensor4D,
    view: Pick<FeatureView, 'model' | 'features'>,
  ) => Promise<tf.Tensor>;
  readonly dispose: () => Promise<void>;
}

const outputsOf = ([scores, features]: readonly tf.Tensor[]): Outputs => ({
  scores: present(scores, 'scores'),
  features,
});

/** Runs the model layer by layer on the active backend. */
export function layersScorer(
  model: tf.LayersModel,
  { preprocessing }: Pick<ImageFormat, 'preprocessing'>,
): Scorer {
  const run: Scorer['run'] = (pixels, view) =>
    // A promise, so that errors reject.
    Promise.resolve().then(() =>
      outputsOf(
        tf.tidy(() => {
          const found = (view?.model ?? model).predictOnBatch(preprocess(pixels, preprocessing));
          return Array.isArray(found) ? found : [found];
        }),
      ),
    );
  return {
    ...{ engine: 'layers', run },
    async features(pixels, view) {
      const { scores, features } = await run(pixels, view);
      scores.dispose();
      return present(features, 'features');
    },
    dispose: () => Promise.resolve(),
  };
}

/**
 * Starts what runs a classifier's model: its backbone on an engine, and its head on the active backend. A model of which it isn't known
 * where its backbone ends runs on the engine as a whole.
 *
 * @param name by default the fastest engine; see {@link EngineName}
 * @throws as `startEngine`
 */
export async function startScorer(
  model: tf.LayersModel,
  format: ImageFormat,
  name: EngineName | undefined,
): Promise<Scorer> {
  const [output] = model.outputs as [tf.SymbolicTensor];
  const end = endOfBase(model);
  // A view: the model owns the layers.
  const frozen = end ? tf.model({ inputs: model.inputs, outputs: end }) : model;
  const { preprocessing } = format;
  const engine = await startEngineIfFaster({ model: frozen, preprocessing }, name);
  if (engine === undefined) return layersScorer(model, format);
  const compute = async (pixels: tf.Tensor4D, wanted: readonly tf.SymbolicTensor[]) => {
    const frozenOutput = await engine.run(pixels);
    try {
      // Throws if the classifier has been disposed meanwhile.
      weightIds(model);
      const from = new Map([[(end ?? output).id, frozenOutput]]);
      // A clone: an output that is the engine's own would be disposed.
      return tf.tidy(() => replayAll(wanted, from, unreached).map((each) => each.clone()));
    } finally {
      frozenOutput.dispose();
    }
  };
  return {
    engine: engine.name,
    run: async (pixels, view) =>
      outputsOf(await compute(pixels, [output, ...(view ? [view.features] : [])])),
    features: async (pixels, view) =>
      present((await compute(pixels, [view.features]))[0], 'features'),
    dispose: engine.dispose,
  };
}
