import type * as tf from '@tensorflow/tfjs';
import type { Preprocessing } from '../../../base/preprocess.js';
import { reject, requireKnown } from '../../../errors.js';
import { isStream } from '../../../pictures/batches.js';
import { readPictures } from '../../../pictures/read.js';
import type { ExportFacts } from '../../exportable.js';
import type { FileOptions } from '../bytes.js';
import { int8File } from './file.js';
import type { Int8Options } from './options.js';
import { calibrationImages } from './pictures.js';

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

/** The classes of batches are only numbers: any will do, if there are enough. */
const NUMBERED = Array.from({ length: 2 ** 16 }, (_, i) => String(i));

/** Writes an ONNX file in int8, calibrated on pictures. */
export async function exportInt8(
  {
    model,
    inputSize,
    preprocessing,
    multiLabel,
  }: ExportFacts & { readonly preprocessing: Preprocessing },
  int8: Int8Options,
  options: Omit<FileOptions, 'dtype'>,
): Promise<Uint8Array> {
  requireKnown('int8', int8, { pictures: true, signal: true, onProgress: true, onWarning: true });
  const { pictures, ...others } = int8;
  const format = { inputSize: inputSize ?? inputSizeOf(model), preprocessing };
  const isList = Array.isArray(pictures) && !('images' in Object(pictures[0]));
  const { train } = await readPictures(pictures, {
    // Without a classifier, pictures of a list may have any number of labels, as they don't matter.
    multiLabel: multiLabel ?? isList,
    ...(!isList && isStream(pictures) && { classes: NUMBERED }),
  });
  return int8File({ model }, calibrationImages(train, format, others), options);
}
