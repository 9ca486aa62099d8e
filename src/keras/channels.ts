import { show } from '../errors.js';
import { isObject } from '../json.js';
import type { Output } from './calls.js';
import { inputOf, type Rule, type Scope } from './scope.js';

/** Pictures have at most four channels. The limit keeps the square kernel of {@link reorder} small. */
const MAX_CHANNELS = 16;

const REMEDY =
  'the only supported indexing reorders channels, x[..., ::-1]: index in the preprocessing instead';

/** The number of channels of an image. */
function channelsOf({ shape }: Output, { fail }: Scope): number {
  const channels = shape?.at(-1);
  return shape?.length === 4 && Number.isInteger(channels) && Number(channels) <= MAX_CHANNELS
    ? Number(channels)
    : fail(
        `an image of at most ${MAX_CHANNELS} channels`,
        shape === undefined ? 'an unknown shape' : show(shape),
        REMEDY,
      );
}

/**
 * Reorders an image's channels with a frozen 1 × 1 convolution, because TensorFlow.js has no layer that selects channels. The
 * result is exact: the kernel is all 0 and 1.
 */
function reorder(scope: Scope, image: Output, order: readonly number[]): Output {
  const channels = channelsOf(image, scope);
  const data = new Float32Array(channels * order.length);
  for (const [to, from] of order.entries()) data[from * order.length + to] = 1;
  const shape = [1, 1, channels, order.length];
  return scope.emit(
    'Conv2D',
    { filters: order.length, kernel_size: [1, 1], use_bias: false, trainable: false },
    {
      inputs: [image],
      shape: [...(image.shape ?? []).slice(0, -1), order.length],
      constants: [{ name: 'kernel', shape, data }],
    },
  );
}

/** `x[..., 2]`, whose channel {@link stack} uses later, or `x[..., ::-1]`. */
export const getItem: Rule = (scope) => {
  const image = inputOf(scope);
  const key: unknown = scope.call.args[1];
  const [ellipsis, index, more] = Array.isArray(key) ? (key as readonly unknown[]) : [];
  const channels = channelsOf(image, scope);
  const isLastAxis =
    isObject(ellipsis) && ellipsis['class_name'] === '__ellipsis__' && more === undefined;
  if (isLastAxis && typeof index === 'number' && Number.isInteger(index)) {
    const channel = index < 0 ? index + channels : index;
    if (channel >= 0 && channel < channels) return { ...image, channel };
  }
  const { start, stop, step } =
    isObject(index) && index['class_name'] === '__slice__' && isObject(index['config'])
      ? index['config']
      : {};
  if (isLastAxis && step === -1 && (start ?? stop ?? null) === null) {
    return reorder(scope, image, [...Array(channels).keys()].reverse());
  }
  return scope.fail('the index of a channel, or ::-1', show(key), REMEDY);
};

/** Stacks the channels of one image again, as in `preprocess_input` of ResNet and VGG. */
export const stack: Rule = (scope) => {
  const { inputs, fail, layer } = scope;
  const [first, ...others] = inputs;
  const order = inputs.map(({ channel }) => channel);
  if (
    first === undefined ||
    layer.config['axis'] !== -1 ||
    others.some((each) => each.layer !== first.layer || each.call !== first.call) ||
    !order.every((channel) => channel !== undefined)
  ) {
    return fail('the channels of one image, on axis -1', 'other tensors', REMEDY);
  }
  const { layer: of, call, shape } = first;
  return reorder(scope, { layer: of, call, shape }, order);
};
