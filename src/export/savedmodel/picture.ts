import {
  CAFFE_MEAN,
  MAX_PIXEL,
  type Preprocessing,
  TORCH_DEVIATION,
  TORCH_MEAN,
} from '../../base/preprocess.js';
import { FLOATS, type GraphWriter } from './graph-writer.js';
import { attribute, DataType } from './messages.js';

const UINT8 = { T: attribute.type(DataType.uint8) };
const INT32 = { T: attribute.type(DataType.int32) };
const DOUBLE = { T: attribute.type(DataType.double) };
const CHANNELS = 3;

/** Decodes one picture: bytes `[1]` → pixels `[1, h, w, 3]`. */
export function decodeJpeg(graph: GraphWriter, encoded: string): string {
  const scalar = graph.constant('decode/shape', new Int32Array(0));
  const one = graph.op('Reshape', 'decode/Reshape', [encoded, scalar], {
    T: attribute.type(DataType.string),
  });
  const picture = graph.op('DecodeJpeg', 'decode/DecodeJpeg', [one], {
    channels: attribute.int(CHANNELS),
    // As in libvips, which decodes the training pictures; TensorFlow's default is a faster method.
    dct_method: attribute.text('INTEGER_ACCURATE'),
  });
  const axis = graph.constant('decode/axis', Int32Array.of(0), []);
  return graph.op('ExpandDims', 'decode/ExpandDims', [picture, axis], UINT8);
}

/**
 * Crops and resizes pixels `[n, h, w, 3]` to floats `[n, height, width, 3]`, like `fitPicture` of src/pictures/fit.ts. Sizes are computed in
 * double precision, like JavaScript's numbers.
 */
export function fitPictures(
  graph: GraphWriter,
  pixels: string,
  [height, width]: readonly [number, number],
): string {
  const op: GraphWriter['op'] = (kind, name, ...rest) => graph.op(kind, `fit/${name}`, ...rest);
  const integers = (name: string, ...values: readonly number[]) =>
    graph.constant(`fit/${name}`, Int32Array.from(values));
  const cast = (name: string, x: string, from: DataType, to: DataType) =>
    op('Cast', name, [x], { SrcT: attribute.type(from), DstT: attribute.type(to) });

  const shape = op('Shape', 'Shape', [pixels], UINT8);
  const sides = op(
    'Slice',
    'sides',
    [shape, integers('sides/begin', 1), integers('sides/size', 2)],
    { ...INT32, Index: attribute.type(DataType.int32) },
  );
  const target = graph.constant('fit/target', Float64Array.of(height, width));
  const exactSides = cast('exact_sides', sides, DataType.int32, DataType.double);
  const scales = op('RealDiv', 'scales', [target, exactSides], DOUBLE);
  const scale = op('Max', 'scale', [scales, integers('scale/axis', 0)], DOUBLE);
  const exactCrop = op('RealDiv', 'exact_crop', [target, scale], DOUBLE);
  // Math.round rounds halves up.
  const half = graph.constant('fit/half', Float64Array.of(0.5), []);
  const rounded = op('Floor', 'Floor', [op('AddV2', 'AddV2', [exactCrop, half], DOUBLE)], DOUBLE);
  const crop = cast('crop', rounded, DataType.double, DataType.int32);
  const spare = op('Sub', 'spare', [sides, crop], INT32);
  const from = op('FloorDiv', 'from', [spare, integers('two', 2)], INT32);

  const onAllAxes = (name: string, batch: number, inner: string, channels: number) => {
    const parts = [integers(`${name}/batch`, batch), inner, integers(`${name}/channels`, channels)];
    const axis = graph.constant(`fit/${name}/axis`, Int32Array.of(0), []);
    return op('ConcatV2', name, [...parts, axis], { ...INT32, N: attribute.int(parts.length) });
  };
  const middle = op(
    'Slice',
    'middle',
    [pixels, onAllAxes('begin', 0, from, 0), onAllAxes('size', -1, crop, -1)],
    { ...UINT8, Index: attribute.type(DataType.int32) },
  );
  return op('ResizeBilinear', 'ResizeBilinear', [middle, integers('size_wanted', height, width)], {
    ...UINT8,
    half_pixel_centers: attribute.bool(true),
  });
}

/** Scales pixels like `preprocess` of src/base/preprocess.ts, step by step. */
export function scalePixels(graph: GraphWriter, images: string, mode: Preprocessing): string {
  const op = (kind: string, x: string, name: string, ...values: readonly number[]) =>
    graph.op(kind, `preprocess/${kind}_${name}`, [
      x,
      graph.constant(`preprocess/${name}`, Float32Array.from(values)),
    ]);
  switch (mode) {
    case 'caffe': {
      const last = graph.constant('preprocess/axis', Int32Array.of(-1));
      const bgr = graph.op('ReverseV2', 'preprocess/ReverseV2', [images, last], FLOATS);
      return op('Sub', bgr, 'mean', ...CAFFE_MEAN);
    }
    case 'torch': {
      const centred = op('Sub', op('RealDiv', images, 'maximum', MAX_PIXEL), 'mean', ...TORCH_MEAN);
      return op('RealDiv', centred, 'deviation', ...TORCH_DEVIATION);
    }
    case 'tf':
      return op('Sub', op('RealDiv', images, 'half_maximum', MAX_PIXEL / 2), 'one', 1);
    case 'none':
      return images;
  }
}
