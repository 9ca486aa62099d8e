import { type Names, requireKnown, requireOneOf, requirePositiveInteger } from '../errors.js';
import { BYTES_PER_FLOAT32, type LayerStats } from './stats.js';

/** What an optimizer of TensorFlow.js keeps for each trainable parameter. */
interface OptimizerCost {
  /** Numbers kept from step to step: momenta and the like. */
  readonly slots: number;
  /**
   * Numbers in the air during a step: of all parameters at once, or of one variable at a time. Counted
   * by `tf.profile` on TensorFlow.js 4.22; test/backends/memory.test.ts holds them against it.
   */
  readonly temporaries: number;
  readonly at: 'once' | 'one variable';
}

/** An optimizer of TensorFlow.js by the name that `tf.train` and `compile` have for it. */
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

/** A model's layers, as `analyze` or `planResnet` lists them. */
export interface CountedModel {
  readonly layers: readonly (Pick<
    LayerStats,
    'name' | 'type' | 'outputShape' | 'inputs' | 'params' | 'trainableParams' | 'activationBytes'
  > & { readonly part?: 'base' | 'head' })[];
}

export type CountedLayer = CountedModel['layers'][number];

export interface MemoryOptions {
  /** @default 1 */
  readonly batchSize?: number;
  /** @default 'adam' */
  readonly optimizer?: OptimizerName;
  /**
   * What is trained, of a plan: everything, the head on a frozen base that runs at each step, or the
   * head alone on features that were computed before. An analysis goes by its model's own trainable
   * weights.
   * @default 'all'
   */
  readonly train?: 'all' | 'head' | 'cached';
}

export const MEMORY_NAMES: Names<MemoryOptions> = { batchSize: true, optimizer: true, train: true };

/** Bytes that a model holds at its peak. */
export interface MemoryEstimate {
  readonly batchSize: number;
  readonly optimizer: OptimizerName;
  /** Of `predict`. */
  readonly inference: {
    readonly weights: number;
    /** The most outputs that are needed at once: each until its last reader is done. */
    readonly activations: number;
    /** The kernel of a dense layer on a map, which TensorFlow.js transposes into a copy. */
    readonly temporaries: number;
    readonly total: number;
  };
  /** Of a step of `fit`. */
  readonly training: {
    readonly weights: number;
    readonly gradients: number;
    readonly optimizerSlots: number;
    /** What TensorFlow.js's optimizer computes on the way, and lets go only at the end of its step. */
    readonly temporaries: number;
    /** All outputs, which TensorFlow.js keeps through the step, those of frozen layers too. */
    readonly activations: number;
    /** Gradients of the outputs that depend on what is trained. */
    readonly activationGradients: number;
    readonly total: number;
    /** Without the temporaries: what any framework holds at the least. */
    readonly minimum: number;
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/** The most bytes of outputs that are alive at once, where each is let go after its last reader. */
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
      // What the model is called on is the caller's, and stays.
      const owned = input !== undefined && input.inputs.length > 0;
      if (owned && lastReader.get(name) === index) alive -= input.activationBytes;
    }
  });
  return peak;
}

/** Outputs that change when what is trained does. */
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

/** The layers that a step goes through, and what of them is trained. */
function trainedLayers(
  layers: readonly CountedLayer[],
  train: 'all' | 'head' | 'cached',
): readonly CountedLayer[] {
  if (train === 'all') return layers;
  const still = layers.map((layer) =>
    layer.part === 'base' ? { ...layer, trainableParams: 0 } : layer,
  );
  if (train === 'head') return still;
  const head = still.filter(({ part }) => part === 'head');
  const inHead = new Set(head.map(({ name }) => name));
  const taken = new Set(head.flatMap(({ inputs }) => inputs).filter((name) => !inHead.has(name)));
  // The cached features stand where the base's last output stood.
  const features = still.filter(({ name }) => taken.has(name));
  return [...features.map((layer) => ({ ...layer, params: 0, inputs: [] })), ...head];
}

/**
 * What a model holds in memory at its peak, in `predict` and in a step of `fit`, as float32. Counted from
 * the graph: what the backend itself takes (packed weights, a library's workspace) comes on top; see
 * docs/analysis.md for how far that is off.
 *
 * @param model what `analyze` or `planResnet` returned
 * @throws ArgumentError on an option out of range
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
  const weights = sum(bytes(model.layers, 'params'));
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
