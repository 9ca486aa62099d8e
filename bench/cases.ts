import type { Case, Contestant, Peer } from './case.js';
import { pages } from './page-cases.js';
import { HEADS } from './workers/building.js';
import { BATCHES, ROWS } from './workers/heads.js';
import { PICTURES, PROCESSES, SHARDS } from './workers/shards.js';
import { WEIGHT_FILES } from './workers/weights.js';

const node = (name: string, work: string, runs = 1): Contestant => ({
  name,
  worker: 'node',
  work,
  runs,
});
const wasm = (name: string, work: string): Contestant => ({ name, worker: 'wasm', work });
const python = (name: string, work: string, runs = 1): Contestant => ({
  name,
  worker: 'python',
  work,
  runs,
});

const aimed = (contestant: Contestant, aim: number | undefined): Peer =>
  aim === undefined ? contestant : { ...contestant, aim };

/** A plan takes a fraction of a millisecond. */
const PLANS = 20;

const plans = HEADS.map((head): Case => ({
  name: `plan/${head}`,
  subject: node('planResnet', `plan/${head}`, PLANS),
  peers: [
    node('the model built in tfjs-node', `build/${head}`),
    python('the model built in Keras', `build/${head}`),
  ],
}));

const BUILD_AIMS: Readonly<Record<string, number>> = { pooled: 0.3, flattened: 0.7 };

const builds = HEADS.map((head): Case => ({
  name: `build/${head}`,
  subject: node('built in tfjs-node', `build/${head}`),
  peers: [aimed(python('built in Keras', `build/${head}`), BUILD_AIMS[head])],
}));

const LOAD_AIM = 1;

/** Keras doesn't read safetensors: beside it stand the same weights in Keras 2's file. */
const loads = Object.entries(WEIGHT_FILES).map(([format, file]): Case => {
  const peerFile = format === 'safetensors' ? WEIGHT_FILES['Keras 2 .h5'] : file;
  return {
    name: `weights/${format}`,
    before: [python('the files', 'weights/write')],
    subject: node('loadWeights in tfjs-node', `load/${file}`),
    peers: [
      { ...python(`load_weights of ${peerFile} in Keras`, `load/${peerFile}`), aim: LOAD_AIM },
      ...(format === '.keras'
        ? [python('load_model, which builds it, in Keras', 'load/model')]
        : []),
    ],
    memory: format === 'Keras 2 .h5',
  };
});

/** In a turn, so that caches are warm as a server's are. */
const CALLS = 3;

const predictions = [1, 8].flatMap((batch): Case[] => {
  const alone = batch === 1;
  const layers = node('the layers model in tfjs-node', `layers/${batch}`, CALLS);
  const written = [node('the file', 'onnx/write')];
  return [
    {
      name: `predict/SavedModel, batch ${batch}`,
      subject: node('a SavedModel in tfjs-node', `saved-model/${batch}`, CALLS),
      peers: [
        aimed(layers, alone ? 0.55 : undefined),
        { ...python('tf.function in Keras', `function/${batch}`, CALLS), aim: 0.95 },
        python('predict in Keras', `predict/${batch}`, CALLS),
      ],
      memory: !alone,
    },
    {
      name: `predict/ONNX, batch ${batch}`,
      before: written,
      subject: node('onnxruntime-node', `onnx/${batch}`, CALLS),
      peers: [
        aimed(layers, alone ? 0.4 : undefined),
        { ...python('tf.function in Keras', `function/${batch}`, CALLS), aim: 0.8 },
        { ...python('ONNX Runtime in Python', `onnx/${batch}`, CALLS), aim: 1.05 },
      ],
      memory: !alone,
    },
    {
      name: `predict/ONNX in int8, batch ${batch}`,
      before: [...written, node('the file in int8', 'int8/write')],
      subject: node('int8 in onnxruntime-node', `int8/${batch}`, CALLS),
      peers: [
        node('float32 in onnxruntime-node', `onnx/${batch}`, CALLS),
        { ...python('tf.function in Keras', `function/${batch}`, CALLS), aim: 0.45 },
      ],
    },
    {
      name: `predict/folded, batch ${batch}`,
      subject: node('folded in tfjs-node', `folded/${batch}`, CALLS),
      peers: [layers],
    },
    {
      name: `predict/folded on wasm, batch ${batch}`,
      before: [...written, node('the file in int8', 'int8/write')],
      // Three seconds each at a batch of 8.
      ...(alone ? {} : { rounds: 3 }),
      subject: wasm('folded on wasm', `folded/${batch}`),
      peers: [
        aimed(wasm('the layers model on wasm', `layers/${batch}`), alone ? 0.9 : undefined),
        wasm('onnxruntime-web', `onnx/${batch}`),
        wasm('onnxruntime-web, int8', `int8/${batch}`),
      ],
    },
  ];
});

const keras = python('tf.data and predict in Keras', 'extract');

/** On WebAssembly, as docs/getting-started.md installs it: ONNX Runtime runs the backbone on either backend. */
const extractions: readonly Case[] = [
  {
    name: 'extract/192 JPEG files',
    before: [node('the pictures', 'pictures/write')],
    // A quarter of a minute each.
    rounds: 3,
    subject: wasm('extractFeatures', 'extract'),
    peers: [
      node('extractFeatures beside tfjs-node', 'extract'),
      { ...node('decodeJpeg and predict in tfjs-node', 'extract/plain'), aim: 0.5 },
      { ...keras, aim: 0.6 },
    ],
    memory: true,
  },
  {
    name: 'extract/192 JPEG files, int8',
    before: [node('the pictures', 'pictures/write')],
    rounds: 3,
    subject: wasm('extractFeatures on a quantised backbone', 'extract/int8'),
    peers: [wasm('extractFeatures', 'extract'), { ...keras, aim: 0.35 }],
    memory: true,
  },
];

/** The command, whose start takes a second or two. */
const shardCases: readonly Case[] = [
  {
    name: `shards/${PICTURES} JPEG files in ${SHARDS} shards`,
    before: [wasm('the pictures', 'shards/write')],
    rounds: 3,
    subject: wasm(`extract --shards ${SHARDS}`, `shards/${SHARDS}`),
    peers: [
      wasm('extract --shards 1', 'shards/1'),
      wasm('extractFeatures, in memory', 'shards/memory'),
    ],
  },
  ...PROCESSES.filter((count) => count > 1).map((count): Case => ({
    name: `shards/${PICTURES} JPEG files, ${count} processes`,
    before: [wasm('the pictures', 'shards/write')],
    rounds: 3,
    subject: wasm(`${count} processes, a shard each`, `shards/processes/${count}`),
    peers: [wasm('one process', 'shards/processes/1')],
  })),
];

const training: Case = {
  name: 'train/pooled, ten epochs of 32 images',
  // Minutes, some of them.
  rounds: 1,
  subject: node('fitHead on cached features', 'train/features'),
  peers: [
    { ...node('fit through the frozen model in tfjs-node', 'train/model'), aim: 0.1 },
    python('fit through the frozen model in Keras', 'train/model'),
    python('fit on cached features in Keras', 'train/features'),
  ],
};

/** Rows from which on a turn takes a minute, and for which there is no memory on wasm. */
const MANY = 200_000;
/** Rows from which on a turn takes many seconds. */
const SOME = 20_000;

const turnsOf = (rows: number): Pick<Case, 'rounds' | 'isLong'> =>
  rows >= MANY ? { isLong: true } : { rounds: rows >= SOME ? 2 : 5 };

const FITTED = 'LogisticRegression in scikit-learn';
const KERAS = 'fit in Keras, ten epochs of 32';

const headFits = ROWS.flatMap((rows): Case[] => {
  const named = (backend: string) => `${rows}x2048x100, ${backend}`;
  const before = [python('the features', `head/write/${rows}`)];
  const turns = turnsOf(rows);
  const fit = python(FITTED, `head/fit/${rows}`);
  const isSome = rows === SOME;
  const tensorflow: Case[] = [
    {
      ...{ name: `head/${named('tensorflow')}, one strength`, before, ...turns },
      subject: node('fitHead with l2', `head/fit/${rows}`),
      peers: [
        aimed(fit, isSome ? 0.25 : undefined),
        // Minutes.
        ...(rows === MANY ? [] : [python(KERAS, `head/keras/${rows}`)]),
      ],
      memory: rows === MANY,
    },
    {
      ...{ name: `head/${named('tensorflow')}, default`, isLong: true },
      before,
      // Has its turn first, and says which strengths the peer has to try.
      subject: node('fitHead', `head/default/${rows}`),
      peers: [
        aimed(
          python('LogisticRegressionCV in scikit-learn', `head/cv/${rows}`),
          isSome ? 0.5 : undefined,
        ),
        python(KERAS, `head/keras/${rows}`),
      ],
    },
  ];
  if (rows === MANY) return tensorflow.slice(0, 1);
  const onWasm: Case = {
    ...{ name: `head/${named('wasm')}, one strength`, before, ...turns },
    subject: wasm('fitHead with l2 on wasm', `head/fit/${rows}`),
    peers: [aimed(fit, isSome ? 2 : undefined)],
  };
  return [...tensorflow, onWasm];
});

const epochs = ROWS.flatMap((rows) =>
  // In small batches, the most rows take many minutes.
  BATCHES.filter((batch) => rows < MANY || batch === BATCHES.at(-1)).flatMap((batch): Case[] => {
    const named = (backend: string) => `epoch/${rows}x2048x100, batch ${batch}, ${backend}`;
    const before = [python('the features', `head/write/${rows}`)];
    const peer = python('fit in Keras', `epoch/${batch}/${rows}`);
    const own = `epoch/${rows}/${batch}`;
    const turns = turnsOf(rows);
    const tensorflow: Case = {
      ...{ name: named('tensorflow'), before, ...turns },
      subject: node('fitHead with epochs', own),
      peers: [aimed(peer, 1)],
      memory: rows === MANY,
    };
    if (rows === MANY) return [tensorflow];
    const onWasm: Case = {
      ...{ name: named('wasm'), before, isLong: true },
      subject: wasm('fitHead with epochs on wasm', own),
      peers: [aimed(peer, 6)],
    };
    return [tensorflow, onWasm];
  }),
);

/** Cases that are measured and written together: all of a part takes up to half an hour. */
export const parts = {
  models: [...plans, ...builds, ...loads, ...predictions, ...extractions, training],
  heads: [...headFits, ...epochs],
  shards: shardCases,
  pages,
} as const satisfies Readonly<Record<string, readonly Case[]>>;

export type Part = keyof typeof parts;

export const cases: readonly Case[] = Object.values(parts).flat();
