import { ArgumentError, requireKnown } from '../../errors.js';
import type { QuantizeOptions } from './options.js';
import type { Part } from '../../pictures/set.js';
import type { Pictures } from '../../pictures/types.js';
import { type Backbone, requireBackbone } from '../../backbone/backbone.js';

// On demand: few programs quantise.
const writers = () =>
  Promise.all([
    import('./pictures.js'),
    import('../../export/onnx/quantize/file.js'),
    import('../../backbone/load-onnx.js'),
  ]);

/** {@link quantize}, once the pictures have been read. */
export async function quantizeOn(
  backbone: Backbone,
  part: Part,
  options: QuantizeOptions,
): Promise<Backbone> {
  if (backbone.onnx) {
    throw new ArgumentError(
      "backbone: expected a model of TensorFlow.js, got an ONNX file; quantise it by ONNX Runtime's tools in Python",
    );
  }
  const [{ calibrationImages }, { int8File }, { onnxBackbone }] = await writers();
  const { model, name, preprocessing, license, inputSize } = backbone;
  const images = calibrationImages(part, backbone, options);
  const bytes = await int8File({ model }, images, { metadata: {} });
  const facts = { name, preprocessing, ...(license !== undefined && { license }) };
  return onnxBackbone(bytes, facts, { inputSize, layout: 'nhwc' });
}

/**
 * Quantises a backbone to int8: an ONNX file of a quarter of the size, which ONNX Runtime runs two to three times as fast on recent
 * processors. Convolutions are quantised with a scale per channel, layers' outputs by their range on up to 64 of the pictures.
 *
 * Heads train on the result as on any backbone; its features differ a little from those of the original, so train a new head.
 *
 * @example const small = await quantize(backbone, 'photos')
 * @param backbone stays as it is, and remains the caller's
 * @param pictures like those that the backbone will see, of two or more classes as for training. Of a folder that is split, training
 *   pictures are used
 * @returns a backbone, which the caller disposes
 * @throws ArgumentError if the backbone is an ONNX file already, or has a layer that can't be exported or whose output isn't finite;
 *   PictureError if no picture can be decoded
 */
export async function quantize(
  backbone: Backbone,
  pictures: Pictures,
  options: QuantizeOptions = {},
): Promise<Backbone> {
  requireBackbone(backbone);
  const [{ CALIBRATION_NAMES, calibrationPart }] = await writers();
  requireKnown('options', options, CALIBRATION_NAMES);
  return quantizeOn(backbone, await calibrationPart(pictures), options);
}
