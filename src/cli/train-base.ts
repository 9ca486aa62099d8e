import type * as tf from '@tensorflow/tfjs';
import type { ResnetVariant } from '../base/architecture.js';
import { WeightsError } from '../weights/errors.js';
import { pretrainedByName } from '../weights/pretrained.js';
import { showDownload } from './progress.js';
import { type Terminal, warnTo } from './terminal.js';

/** Which base a head is trained on. */
export interface BaseFlags {
  readonly base?: string;
  readonly weights: string;
  readonly mirror?: string;
  readonly variant: ResnetVariant;
  readonly input: readonly number[];
}

/** What `imagenet` stands for where Keras has none. */
const V15_WEIGHTS = 'timm/resnet50.a1_in1k';

/** A name comes before a file of that name. */
export const isNamed = (weights: string): boolean => pretrainedByName(weights) !== undefined;

/** Weights that a host has to send. */
const isRemote = (weights: string): boolean => /^https?:/.test(weights) || isNamed(weights);

/** Where they can't be fetched, there are ways to do without. */
const withoutNetwork = (error: WeightsError): WeightsError =>
  new WeightsError(
    `${error.message}; or use a file by --weights FILE, or another model by --base FOLDER`,
    { cause: error },
  );

/** The model of `--base`, or a ResNet-50 with its weights. */
export async function loadBase(
  terminal: Terminal,
  { base, weights, mirror, variant, input }: BaseFlags,
  signal: AbortSignal,
): Promise<tf.LayersModel> {
  if (base !== undefined) {
    const { loadModelFolder } = await import('../node/load-model-folder.js');
    return loadModelFolder(base);
  }
  const [{ resnet }, { loadWeights }] = await Promise.all([
    import('../model/resnet.js'),
    import('../node/load-weights.js'),
  ]);
  const model = resnet({ variant, inputShape: input, weights: 'pending' });
  const source = weights === 'imagenet' && variant === 'v1.5' ? V15_WEIGHTS : weights;
  const shown = showDownload(terminal);
  try {
    await loadWeights(model, source, {
      onProgress: shown.update,
      onWarning: warnTo(terminal),
      signal,
      ...(mirror === undefined ? {} : { mirror }),
    });
  } catch (error) {
    model.dispose();
    throw error instanceof WeightsError && isRemote(weights) ? withoutNetwork(error) : error;
  } finally {
    shown.stop();
  }
  return model;
}
