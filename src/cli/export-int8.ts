import type { Classifier } from '../classifier/types.js';
import { PackageError } from '../errors.js';
import type { OnnxInput } from '../convert/onnx.js';
import { describeCost, megabytes, UNKNOWN_COST } from './int8.js';
import { showProgress } from './progress.js';
import { type Terminal, warnTo } from './terminal.js';

/** Measures what int8 costs on pictures that calibration doesn't use. */
async function costOf(
  terminal: Terminal,
  classifier: Classifier,
  pictures: string,
  files: { readonly float32: Uint8Array; readonly int8: Uint8Array; readonly input: OnnxInput },
): Promise<string> {
  const { readPictures } = await import('../pictures/read.js');
  const { measureFiles } = await import('../node/int8-cost.js');
  const { classes: names, validation: part } = await readPictures(pictures, {
    multiLabel: classifier.thresholds !== undefined,
  });
  if (part === undefined) {
    return UNKNOWN_COST;
  }
  const shown = showProgress(terminal, 'comparing', 'pictures');
  try {
    const onPictures = (done: number, total = done) => {
      shown.update(done, total);
    };
    const cost = await measureFiles({ classifier, ...files, part, names, onPictures });
    return describeCost(cost, 'scores');
  } catch (error) {
    if (!(error instanceof PackageError)) throw error;
    return `What int8 costs in accuracy is unknown: ${error.message}`;
  } finally {
    shown.stop();
  }
}

/** What to calibrate on, and where to write. */
interface Int8Flags {
  readonly pictures: string;
  readonly input: OnnxInput;
  readonly out: string;
}

/**
 * Exports a classifier to ONNX in int8, calibrated on pictures, and measures what that costs.
 *
 * @returns a description of the file, and of its cost
 */
export async function exportInt8(
  terminal: Terminal,
  classifier: Classifier,
  { pictures, input, out }: Int8Flags,
): Promise<readonly [string, string]> {
  const [{ exportOnnx }, { writeOnnx }] = await Promise.all([
    import('../convert/onnx.js'),
    import('../node/export-onnx.js'),
  ]);
  const shown = showProgress(terminal, 'calibrating', 'pictures');
  let used = 0;
  const int8 = await exportOnnx(classifier, {
    input,
    int8: {
      pictures,
      onWarning: warnTo(terminal),
      onProgress: ({ done, total = done }) => {
        used = done;
        shown.update(done, total);
      },
    },
  }).finally(() => {
    shown.stop();
  });
  await writeOnnx(out, () => Promise.resolve(int8));
  const float32 = await exportOnnx(classifier, { input });
  const cost = await costOf(terminal, classifier, pictures, { float32, int8, input });
  const sizes = `${megabytes(int8.length)} instead of ${megabytes(float32.length)}`;
  return [`an ONNX model, opset 17, int8, ${sizes}, calibrated on ${used} pictures`, cost];
}
