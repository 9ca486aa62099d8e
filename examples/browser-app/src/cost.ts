import {
  denseHead,
  estimateMemory,
  flattenedHead,
  type Head,
  type HeadName,
  planResnet,
  type PlannedLayer,
  pooledHead,
} from 'resnet-heads/plan';

export const HEADS: readonly HeadName[] = ['pooled', 'flattened', 'dense'];

/** The settings of a head. */
export interface HeadSettings {
  readonly hiddenUnits: number;
  readonly dropout: number;
  readonly numClasses: number;
}

export function recipe(name: HeadName, { hiddenUnits, dropout, numClasses }: HeadSettings): Head {
  switch (name) {
    case 'pooled':
      return pooledHead({ numClasses, dropout });
    case 'flattened':
      return flattenedHead({ numClasses, dropout, hiddenUnits });
    case 'dense':
      return denseHead({ numClasses, dropout, hiddenUnits });
  }
}

/** The properties of a backbone that determine a head's cost. */
export type BaseShape =
  | { readonly kind: 'resnet'; readonly inputSize: number }
  | {
      readonly kind: 'features';
      readonly params: number;
      readonly featureShape: readonly [height: number, width: number, channels: number];
    };

export interface Cost {
  readonly params: number;
  readonly macs: number;
  readonly weightBytes: number;
  /** The backbone's weights, and the memory of a step of `fitHead`. */
  readonly trainingBytes: number;
  /** Parameters of backbone and head. */
  readonly totalParams: number;
}

export const BATCH_SIZE = 8;

/** The limit in WebAssembly's specification, 65,536 pages of 64 KiB; few tabs get more on a graphics card. */
export const PAGE_LIMIT_BYTES = 65_536 * 65_536;

/** Temporary numbers of `fitHead`'s Adam for each parameter of the variable that it updates. */
const ADAM_TEMPORARIES = 7;
const BYTES_PER_WEIGHT = 4;
/** A ResNet halves its input five times. */
const RESNET_STRIDE = 32;

interface Planned {
  /** The features' row, and the head's. */
  readonly layers: readonly PlannedLayer[];
  readonly baseParams: number;
}

function plan(head: Head, base: BaseShape): Planned {
  if (base.kind === 'resnet') {
    const inputShape = [base.inputSize, base.inputSize, 3];
    const { layers, base: totals } = planResnet({ head, inputShape });
    return { layers, baseParams: totals.params };
  }
  // planResnet only plans ResNets. This one has a map with the backbone's height and width, and a layer that changes its
  // channels to the backbone's.
  const [height, width, channels] = base.featureShape;
  const standIn: Head = {
    name: head.name,
    apply: (layers, map) =>
      head.apply(
        layers,
        layers.conv2d({ name: 'stand_in', filters: channels, kernelSize: 1 })(map),
      ),
  };
  const inputShape = [RESNET_STRIDE * height, RESNET_STRIDE * width, 3];
  const { layers } = planResnet({ head: standIn, inputShape });
  const rows = layers.map((layer) =>
    layer.name === 'stand_in' ? { ...layer, part: 'base' as const } : layer,
  );
  return { layers: rows, baseParams: base.params };
}

/** Calculates a head's cost on a backbone, before either is loaded. */
export function costOf(head: Head, base: BaseShape): Cost {
  const { layers, baseParams } = plan(head, base);
  const rows = layers.filter(({ part }) => part === 'head');
  const sum = (count: (row: PlannedLayer) => number) =>
    rows.reduce((total, row) => total + count(row), 0);
  const params = sum((row) => row.params);
  const { training } = estimateMemory({ layers }, { batchSize: BATCH_SIZE, train: 'cached' });
  const largest = Math.max(...rows.map(({ weightBytes }) => weightBytes));
  return {
    params,
    macs: sum((row) => row.macs),
    weightBytes: sum((row) => row.weightBytes),
    trainingBytes: BYTES_PER_WEIGHT * baseParams + training.minimum + ADAM_TEMPORARIES * largest,
    totalParams: baseParams + params,
  };
}
