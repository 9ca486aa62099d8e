import type * as tf from '@tensorflow/tfjs';
import type { Backbone } from '../backbone/backbone.js';
import type { Classifier } from '../classifier/types.js';
import type { PictureSet } from '../pictures/set.js';
import { describeCost, megabytes, UNKNOWN_COST } from './int8.js';
import { showProgress } from './progress.js';
import { type Terminal, warnTo } from './terminal.js';

/** Pictures that the cost is measured on: enough for a percentage, and seconds with a ResNet-50. */
const MOST_PICTURES = 64;

const BYTES_PER_FLOAT32 = 4;

/** Quantises a backbone, calibrated on training pictures. */
export async function quantizeFor(
  terminal: Terminal,
  backbone: Backbone,
  { train }: PictureSet,
  signal: AbortSignal,
): Promise<Backbone> {
  const { quantizeOn } = await import('../convert/int8/quantize.js');
  const shown = showProgress(terminal, 'calibrating int8', 'pictures');
  try {
    return await quantizeOn(backbone, train, {
      signal,
      onProgress: ({ done, total = done }) => {
        shown.update(done, total);
      },
      onWarning: warnTo(terminal),
    });
  } finally {
    shown.stop();
  }
}

/**
 * Measures what int8 costs on pictures that were held out: the head's accuracy on features of both backbones.
 *
 * @param classifier trained on the features of `small`
 */
export async function costOfTraining(
  terminal: Terminal,
  classifier: Classifier,
  { backbone, small }: { readonly backbone: Backbone; readonly small: Backbone },
  { classes: names, validation }: PictureSet,
): Promise<string> {
  const [before, after] = [
    BYTES_PER_FLOAT32 * backbone.model.countParams(),
    small.onnx?.length ?? 0,
  ];
  const size = `The backbone takes ${megabytes(after)} in int8 instead of ${megabytes(before)}.`;
  const files = validation?.files ?? [];
  // Spread over the list, which is sorted by class.
  const step = Math.max(1, files.length / MOST_PICTURES);
  const some = files.filter((_, i) => Math.floor(i / step) !== Math.floor((i - 1) / step));
  const part = validation?.only?.(some);
  if (part === undefined) return `${size} ${UNKNOWN_COST}`;
  const [{ measureInt8Cost }, { startEngine }, { splitModel }] = await Promise.all([
    import('../convert/int8/cost.js'),
    import('../engine/start.js'),
    import('../model/split.js'),
  ]);
  const { head } = splitModel(classifier.model);
  const engines: Awaited<ReturnType<typeof startEngine>>[] = [];
  const start = async ({ model, preprocessing }: Backbone) => {
    const engine = await startEngine({ model, preprocessing });
    engines.push(engine);
    return async (images: tf.Tensor4D) => {
      const features = await engine.run(images);
      try {
        const outputs = Float32Array.from(await features.data());
        return { outputs, scores: head.predictOnBatch(features) as tf.Tensor };
      } finally {
        features.dispose();
      }
    };
  };
  const shown = showProgress(terminal, 'measuring int8', 'pictures');
  try {
    const cost = await measureInt8Cost({
      ...{ classifier, part, names, preprocessing: 'none' },
      float32: await start(backbone),
      int8: await start(small),
      onPictures: (done, total = done) => {
        shown.update(done, total);
      },
    });
    return `${size} ${describeCost(cost, 'features')}`;
  } finally {
    shown.stop();
    for (const engine of engines) await engine.dispose();
    head.dispose();
  }
}
