import type * as tf from '@tensorflow/tfjs';
import type { Preprocessing } from '../../base/preprocess.js';
import { reject, requireKnown } from '../../errors.js';
import type { ExportFacts } from '../exportable.js';
import type { FileOptions } from '../../export/onnx/bytes.js';
import { int8File } from '../../export/onnx/quantize/file.js';
import type { Int8Options } from './options.js';
import { CALIBRATION_NAMES, calibrationImages, calibrationPart } from './pictures.js';

const CHANNELS = 3;

/** The size of the images that a model takes. */
function inputSizeOf({ inputs: [input] }: tf.LayersModel): readonly [number, number] {
  const [, height, width, channels] = input?.shape ?? [];
  if (input?.shape.length === 4 && channels === CHANNELS && height != null && width != null) {
    return [height, width];
  }
  return reject(
    'model',
    'an input of images [height, width, 3] of known size for int8',
    input?.shape.slice(1),
  );
}

/** Writes an ONNX file in int8, calibrated on pictures. */
export async function exportInt8(
  {
    model,
    inputSize,
    preprocessing,
    classes,
    thresholds,
  }: ExportFacts & { readonly preprocessing: Preprocessing },
  int8: Int8Options,
  options: Omit<FileOptions, 'dtype'>,
): Promise<Uint8Array> {
  requireKnown('int8', int8, { pictures: true, ...CALIBRATION_NAMES });
  const { pictures, ...others } = int8;
  const format = { inputSize: inputSize ?? inputSizeOf(model), preprocessing };
  const part = await calibrationPart(pictures, classes && thresholds !== undefined);
  return int8File({ model }, calibrationImages(part, format, others), options);
}
