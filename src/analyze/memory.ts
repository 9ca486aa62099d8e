import { type Names, requireKnown, requireOneOf, requirePositiveInteger } from '../errors.js';
import { BYTES_PER_FLOAT32, type LayerStats } from './stats.js';

/** The numbers that a TensorFlow.js optimizer allocates per trainable parameter. */
interface OptimizerCost {
  /** Kept from step to step, such as momenta. */
  readonly slots: number;
  /**
   * Allocated during a step, for all parameters at once or for one variable at a time. Counted by `tf.profile` on
   * TensorFlow.js 4.22, and checked by test/backends/memory.test.ts.
   */
  readonly temporaries: number;
  readonly at: 'once' | 'one variable';
}

/** A TensorFlow.js optimizer, by its name in `tf.train` and `compile`. */
export type OptimizerName =
  'sgd' | 'momentum' | 'adagrad' | 'rmsprop' | 'adadelta' | 'adamax' | 'adam';

const OPTIMIZERS: Readonly<Record<OptimizerName, OptimizerCost>> = {
  sgd: { slots: 0, temporaries: 2, at: 'one variable' },
  momentum: { slots: 1, temporaries: 4, at: 'one variable' },
  adagrad: { slots: 1, temporaries: 7, at: 'one variable' },
  rmsprop: { slots: 2, temporaries: 15, at: 'one variable' },
  adadelta: { slots: 2, temporaries: 16, at: 'one variable' },
  adamax: { slots: 2, temporaries: 10, at: 'once' },
  adam: { slots: 2, temporaries: 14, at: 'once' },
};

export const OPTIMIZER_NAMES = /* @__PURE__ */ Object.keys(OPTIMIZERS) as OptimizerName[];

/** A model's layers, as in the results of `analyze` and `planResnet`. */
export interface CountedModel {
  readonly layers: readonly (Pick<
    LayerStats,
    'name' | 'type' | 'outputShape' | 'inputs' | 'params' | 'trainableParams' | 'activationBytes'
  > &
    Partial<Pick<LayerStats, 'weightBytes'>> & { readonly part?: 'base' | 'head' })[];
}

export type CountedLayer = CountedModel['layers'][number];

export interface MemoryOptions {
  /** @default 1 */
  readonly batchSize?: number;
  /** @default 'adam' */
  readonly optimizer?: OptimizerName;
  /**
   * What is trained, for a plan: all weights (`'all'`), the head on a frozen base that runs at each step (`'head'`), or the
   * head alone on cached features (`'cached'`). The result of `analyze` already knows its model's trainable weights.
   * @default 'all'
   */
  readonly train?: 'all' | 'head' | 'cached';
}

export const MEMORY_NAMES: Names<MemoryOptions> = { batchSize: true, optimizer: true, train: true };

/** A model's peak memory, in bytes. */
export interface MemoryEstimate {
  readonly batchSize: number;
  readonly optimizer: OptimizerName;
  /** In `predict`. */
  readonly inference: {
    readonly weights: number;
    /** The layer outputs that are held at once, at their peak. */
    readonly activations: number;
    /** A transposed copy of a dense layer's kernel, which TensorFlow.js makes if the layer's input is a map. */
    readonly temporaries: number;
    readonly total: number;
  };
  /** In a step of `fit`. */
  readonly training: {
    readonly weights: number;
    readonly gradients: number;
    readonly optimizerSlots: number;
    /** Intermediate values of TensorFlow.js's optimizer, which it frees at the end of its step. */
    readonly temporaries: number;
    /** The outputs of all layers, frozen ones included, which TensorFlow.js keeps during the step. */
    readonly activations: number;
    /** Gradients of the outputs that depend on trainable weights. */
    readonly activationGradients: number;
    readonly total: number;
    /** `total` without the temporaries: the least that any framework needs. */
    readonly minimum: number;
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/** Peak bytes of outputs held at once, if each is freed after the last layer that reads it. */
export function peakActivations(layers: readonly CountedLayer[]): number {
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const lastReader = new Map<string, number>();
  layers.forEach(({ inputs }, index) => {
    for (const input of inputs) lastReader.set(input, index);
  });
  let [alive, peak] = [0, 0];
  layers.forEach(({ inputs, activationBytes }, index) => {
    alive += activationBytes;
    peak = Math.max(peak, alive);
    for (const name of new Set(inputs)) {
      const input = byName.get(name);
      // The model's inputs belong to the caller, and stay.
      const owned = input !== undefined && input.inputs.length > 0;
      if (owned && lastReader.get(name) === index) alive -= input.activationBytes;
    }
  });
  return peak;
}

/** Bytes of the outputs that depend on trainable weights. */
function reachedBytes(layers: readonly CountedLayer[]): number {
  const reached = new Set<string>();
  for (const { name, inputs, trainableParams } of layers) {
    if (trainableParams > 0 || inputs.some((input) => reached.has(input))) reached.add(name);
  }
  return sum(
    layers.filter(({ name }) => reached.has(name)).map(({ activationBytes }) => activationBytes),
  );
}

const isDenseOnMap = ({ type, outputShape }: CountedLayer): boolean =>
  type === 'Dense' && outputShape.length > 1;

const paramsOf = ({ params }: CountedLayer): number => params;

/** The layers that a training step runs, with `trainableParams` as in that step. */
function trainedLayers(
  layers: readonly CountedLayer[],
  train: 'all' | 'head' | 'cached',
): readonly CountedLayer[] {
  if (train === 'all') return layers;
  const frozen = layers.map((layer) =>
    layer.part === 'base' ? { ...layer, trainableParams: 0 } : layer,
  );
  if (train === 'head') return frozen;
  const head = frozen.filter(({ part }) => part === 'head');
  const inHead = new Set(head.map(({ name }) => name));
  const taken = new Set(head.flatMap(({ inputs }) => inputs).filter((name) => !inHead.has(name)));
  // Cached features replace the base's last output.
  const features = frozen.filter(({ name }) => taken.has(name));
  return [...features.map((layer) => ({ ...layer, params: 0, inputs: [] })), ...head];
}

/**
 * Estimates a model's peak memory, in `predict` and in a step of `fit`, as float32; to predict with an ONNX file, in its own types, and
 * `training` doesn't apply to one. The estimate is counted from the model's graph; a backend's own memory (packed weights, a library's workspace) comes on top. docs/analysis.md compares
 * it with measurements.
 *
 * @param model the result of `analyze` or `planResnet`
 * @throws ArgumentError if an option is out of range
 */
export function estimateMemory(model: CountedModel, options: MemoryOptions = {}): MemoryEstimate {
  requireKnown('options', options, MEMORY_NAMES);
  const { batchSize = 1, optimizer = 'adam', train = 'all' } = options;
  requirePositiveInteger('batchSize', batchSize);
  requireOneOf('optimizer', optimizer, OPTIMIZER_NAMES);
  requireOneOf('train', train, ['all', 'head', 'cached']);
  const { slots, temporaries, at } = OPTIMIZERS[optimizer];

  const bytes = (layers: readonly CountedLayer[], key: 'params' | 'trainableParams') =>
    layers.map((layer) => BYTES_PER_FLOAT32 * layer[key]);
  const weights = sum(
    model.layers.map(({ params, weightBytes = BYTES_PER_FLOAT32 * params }) => weightBytes),
  );
  const activations = batchSize * peakActivations(model.layers);
  const copied =
    BYTES_PER_FLOAT32 * Math.max(0, ...model.layers.filter(isDenseOnMap).map(paramsOf));

  const layers = trainedLayers(model.layers, train);
  const trainable = bytes(layers, 'trainableParams');
  const held = at === 'once' ? sum(trainable) : Math.max(0, ...trainable);
  const training = {
    weights: sum(bytes(layers, 'params')),
    gradients: sum(trainable),
    optimizerSlots: slots * sum(trainable),
    temporaries: temporaries * held,
    activations: batchSize * sum(layers.map(({ activationBytes }) => activationBytes)),
    activationGradients: batchSize * reachedBytes(layers),
  };
  const all = sum(Object.values(training));
  return {
    batchSize,
    optimizer,
    inference: { weights, activations, temporaries: copied, total: weights + activations + copied },
    training: { ...training, total: all, minimum: all - training.temporaries },
  };
}
