import type { Backbone } from '../backbone/backbone.js';
import type { LoadBackboneOptions } from '../backbone/options.js';
import type { Classifier } from '../classifier/types.js';
import type { EngineName } from '../engine/names.js';
import { given } from '../given.js';
import { WeightsError } from '../weights/errors.js';
import { chooseBackend } from './backend.js';
import { libraryOf } from './library.js';
import { showDownload } from './progress.js';
import { type Terminal, warnTo } from './terminal.js';

/** Loads a classifier from a folder, an ONNX file, a URL or a published name, on the fastest backend. */
export async function openClassifier(
  terminal: Terminal,
  source: string,
  engine?: EngineName,
): Promise<Classifier> {
  await chooseBackend(terminal);
  return readClassifier(terminal, source, engine);
}

/** Loads a classifier on the active backend. */
export async function readClassifier(
  terminal: Terminal,
  source: string,
  engine?: EngineName,
): Promise<Classifier> {
  const { loadClassifier } = await import('../classifier/load.js');
  const shown = showDownload(terminal);
  try {
    return await loadClassifier(source, {
      ...given({ engine }),
      onProgress: shown.update,
      onWarning: warnTo(terminal),
    });
  } finally {
    shown.stop();
  }
}

/** Tells on standard error which library ran a classifier's model. */
export async function tellEngine({ err }: Terminal, { engine }: Classifier): Promise<void> {
  if (engine === undefined) return;
  const { getBackend } = await import('@tensorflow/tfjs');
  err(`computed by ${libraryOf(engine, getBackend())}`);
}

/** Adds that weights don't have to be downloaded. */
const withoutNetwork = (error: WeightsError): WeightsError =>
  new WeightsError(
    `${error.message}; or pass --backbone resnet-mini, which needs no network, or a file of your own`,
    {
      cause: error,
    },
  );

/** Loads a backbone on the active backend. */
export async function openBackbone(
  terminal: Terminal,
  source: string,
  options: LoadBackboneOptions,
): Promise<Backbone> {
  const { loadBackbone } = await import('../backbone/load-backbone.js');
  const shown = showDownload(terminal);
  try {
    return await loadBackbone(source, {
      ...options,
      onProgress: shown.update,
      onWarning: warnTo(terminal),
    });
  } catch (error) {
    throw error instanceof WeightsError ? withoutNetwork(error) : error;
  } finally {
    shown.stop();
  }
}
