import * as tf from '@tensorflow/tfjs';
import { present, reject, requireKnown } from '../errors.js';
import { type Head, isHead } from '../head/head.js';
import { buildHead } from '../model/attach.js';
import { countClasses } from '../model/scores.js';
import { type Task, trainByAdam } from './by-adam.js';
import type { Epoch, Figures } from './checkpoint.js';
import { weightsByClass } from './class-weights.js';
import type { AdamOutcome } from './course.js';
import { type Examples, examplesOf, requireFeaturesOf } from './examples.js';
import { type Features, isStored, type StoredFeatures } from './features.js';
import {
  FIT_NAMES,
  type FitHeadOptions,
  requireSolverOptions,
  resolveFitOptions,
  solverOf,
} from './fit-options.js';
import { supplyKernels } from './kernels.js';
import { linearLayerOf, logitsFrom, setLinear } from './linear/head.js';
import type { Strength } from './linear/search.js';
import { withLogits } from './logits.js';
import { type PartedHead, partHead } from './part-head.js';
import { requirePlainLayers } from './plain-layers.js';
import type { Resumable } from './training-options.js';

/** The result of a fit with L-BFGS; the validation figures come from cross-validation if there were no validation pictures. */
export interface LbfgsOutcome extends Figures {
  readonly solver: 'lbfgs';
  /** Empty: there are no epochs. */
  readonly history: readonly Epoch[];
  /** Strength of the L2 penalty. */
  readonly l2: number;
  /**
   * The strengths that were tried, from strong to weak, with the figures that decided: those of cross-validation if there are fewer
   * than 200 validation pictures. Empty if one was given or there was nothing to choose it on.
   */
  readonly path: readonly Strength[];
}

/** The result of training a head. */
export type Outcome = AdamOutcome | LbfgsOutcome;

export type FitResult = Outcome & {
  /** Features `[h, w, c]` → scores, for `attachHead`. The caller disposes it. */
  readonly head: tf.LayersModel;
  /**
   * With `labelSets`: for each class, the probability from which a picture has this label, chosen on the validation features for
   * a high F1; 0.5 without any, or if the signal aborted before stored ones were read.
   */
  readonly thresholds?: readonly number[];
};

function requireHeadOrModel(head: unknown): asserts head is Head | tf.LayersModel {
  if (isHead(head) || head instanceof tf.LayersModel) return;
  reject('head', 'a head such as pooledHead() returns, or a tf.LayersModel', head);
}

/** Options for the code of this package. */
export interface Internal extends Resumable {
  /** Called before the first fit of L-BFGS and after each, with the largest number of fits there may be. */
  readonly onFit?: (done: number, most: number) => void;
}

async function solveByLbfgs(
  { model, training, validation, ...task }: Task,
  layer: tf.layers.Layer,
  { l2, seed = 0, signal, onFit = () => undefined }: FitHeadOptions & Internal,
): Promise<LbfgsOutcome> {
  // Imported on demand: heads that Adam trains don't need it.
  const { fitLinear } = await import('./linear/fit.js');
  const fit = await fitLinear({
    ...task,
    ...{ training, validation },
    outputs: present(model.outputs[0]?.shape.at(-1) ?? undefined, 'outputs'),
    ...{ l2, seed, signal, onFit },
  });
  setLinear(layer, fit.layer);
  return { solver: 'lbfgs', history: [], ...fit.figures, l2: fit.l2, path: fit.path };
}

/**
 * Trains a head on features that were computed once. A head whose trainable part is one dense layer, such as a pooled head, is
 * fitted to its optimum by L-BFGS; any other is trained with Adam and a loss on logits. Put the result on its base with
 * `attachHead`.
 *
 * @param head a recipe, or a head model, which is trained further and returned; L-BFGS replaces its weights
 * @param features from {@link extractFeatures} or {@link openFeatures}; they remain the caller's
 * @throws ArgumentError if they don't fit the head or aren't finite, or Adam's loss becomes infinite or NaN. No tensor is left
 *   behind, and a head model gets back the weights that it had before
 */
export async function fitHead(
  head: Head | tf.LayersModel,
  features: Features | StoredFeatures,
  options: FitHeadOptions & { readonly solver: 'adam' },
): Promise<AdamOutcome & Pick<FitResult, 'head' | 'thresholds'>>;
export async function fitHead(
  head: Head | tf.LayersModel,
  features: Features | StoredFeatures,
  options?: FitHeadOptions,
): Promise<FitResult>;
export async function fitHead(
  head: Head | tf.LayersModel,
  features: Features | StoredFeatures,
  options: FitHeadOptions = {},
): Promise<FitResult> {
  requireKnown('options', options, FIT_NAMES);
  return fitResumable(head, features, options);
}

/** {@link fitHead} in a run that can be resumed. */
export async function fitResumable(
  head: Head | tf.LayersModel,
  features: Features | StoredFeatures,
  options: FitHeadOptions & Internal,
): Promise<FitResult> {
  requireHeadOrModel(head);
  const settings = resolveFitOptions(head, options);
  const { batchSize, seed } = settings;
  const { validation, classWeights, signal } = options;
  requireFeaturesOf('features', features);
  if (validation !== undefined) requireFeaturesOf('validation', validation);
  const model =
    head instanceof tf.LayersModel ? head : buildHead(head, features.featureShape, { seed });
  const prepared: Examples[] = [];
  let parted: PartedHead | undefined;
  try {
    const parts = (parted = partHead(model));
    const { learning } = parts;
    requirePlainLayers('head', learning.layers, 'constraints and regularizers');
    const linear = linearLayerOf(learning);
    const solver = solverOf(linear, options);
    requireSolverOptions(solver, options);
    const classes = countClasses(model);
    // Imported on demand: most heads have one label per picture.
    const several = features.labelSets && (await import('./multi-label.js'));
    several?.requireSigmoids('head', learning, classes);
    several?.refuseClassWeights(classWeights);
    const prepare = (subject: string, each: Features | StoredFeatures): Examples => {
      several?.requireLabelSets(`${subject}.labelSets`, each.labelSets, classes);
      if ((each.labelSets === undefined) !== (features.labelSets === undefined)) {
        reject(`${subject}.labelSets`, 'none, as in features', each.labelSets);
      }
      const examples = examplesOf(subject, each, parts, { classes, batchSize, signal });
      prepared.push(examples);
      return examples;
    };
    const training = prepare('features', features);
    const unseen = validation && prepare('validation', validation);
    if ((unseen?.views ?? 1) > 1) {
      reject('validation.views', 'none, as pictures are measured without', unseen?.views);
    }
    await supplyKernels();
    const outcome = await withLogits('head', learning, (kind): Promise<Outcome> => {
      const task = {
        ...{ model: learning, kind, training, validation: unseen },
        logits: linear && logitsFrom(linear),
        classWeights: weightsByClass(classWeights, training.labels, classes),
      };
      return solver === 'lbfgs'
        ? solveByLbfgs(task, present(linear, 'dense layer'), options)
        : trainByAdam(task, settings, model === head);
    });
    // Reads that the signal has ended aren't begun again.
    const isEnded = outcome.solver === 'adam' && signal?.aborted === true && isStored(validation);
    const held = isEnded ? undefined : unseen;
    const thresholds = await several?.thresholdsOf(learning, held, { classes, batchSize });
    return { head: model, ...(thresholds && { thresholds }), ...outcome };
  } catch (error) {
    if (model !== head) model.dispose();
    throw error;
  } finally {
    for (const each of prepared) each.dispose();
    parted?.release();
  }
}
