import * as tf from '@tensorflow/tfjs';
import * as main from 'resnet-heads';
import { confusionMatrix } from '../../../src/explain/confusion';
import { miniResnet } from '../../setup/mini-resnet';
import { type Calls, fail, free } from '../check';
import { CLASSES, HEAD, makeFeatures, makeModel, none, shared } from '../fixtures';

const SMALL = { inputShape: [32, 32, 3], weights: 'pending' } as const;
const confusion = () => confusionMatrix([0, 1, 2], [0, 1, 1], CLASSES);
const plan = () => main.planResnet({ head: 'pooled', numClasses: 3, inputShape: [32, 32, 3] });

/** Calls of a builder of a whole ResNet, at a size that takes no time. */
const builder = <T extends object>(
  build: (options: T) => tf.LayersModel,
  good: T,
  wrong: Record<string, unknown>,
): Calls => ({
  good: () => {
    free(build(good));
  },
  bad: Object.fromEntries(
    Object.entries(wrong).map(([key, value]) => [
      `${key} ${String(value)}`,
      () => build({ ...good, [key]: value }),
    ]),
  ),
});
const WRONG_SIZES = { depth: 51, inputShape: [3], weights: 'some' };
const WRONG_HEAD = { ...WRONG_SIZES, numClasses: 0, activation: 'relu' };

const failing: main.Head = {
  name: 'fails',
  apply: (layers, map) => (layers.dense({ name: 'made', units: 2 })(map), fail()),
};

/** Runs what takes features of its own, and frees them. */
async function withFeatures(own: main.Features, body: (own: main.Features) => Promise<unknown>) {
  try {
    await body(own);
  } finally {
    own.values.dispose();
  }
}

/** Models, what they are made of, and what is said of them. */
export const ofModels = {
  analyze: {
    good: () => main.analyze(shared.model),
    bad: { 'what is no model': () => main.analyze(none) },
  },
  attachHead: {
    good: () => {
      const own = miniResnet('v1', 1);
      free(main.attachHead(own, HEAD));
    },
    bad: {
      'what is no head': () => main.attachHead(shared.base, none),
      'a head that fails': () => main.attachHead(shared.base, failing),
      'such a head on a backbone': () => main.attachHead(shared.backbone, failing),
      'a model that has no map': () => main.attachHead(shared.model, HEAD),
    },
  },
  buildDenseResnet: builder(
    main.buildDenseResnet,
    { ...SMALL, numClasses: 2, hiddenUnits: 2 },
    { ...WRONG_HEAD, hiddenUnits: 0 },
  ),
  buildFlattenedResnet: builder(
    main.buildFlattenedResnet,
    { ...SMALL, numClasses: 2, hiddenUnits: 2 },
    { ...WRONG_HEAD, hiddenUnits: 0 },
  ),
  buildHead: {
    good: () => {
      free(main.buildHead(HEAD, [1, 1, 64]));
    },
    bad: {
      'a shape of two sizes': () => main.buildHead(HEAD, [1, 64]),
      'a head that fails': () => main.buildHead(failing, [1, 1, 64]),
    },
  },
  buildPooledResnet: builder(
    main.buildPooledResnet,
    { ...SMALL, numClasses: 2 },
    { ...WRONG_HEAD, pooling: 'min' },
  ),
  denseHead: {
    good: () => main.denseHead({ numClasses: 2 }),
    bad: { 'no classes': () => main.denseHead({ numClasses: 0 }) },
  },
  estimateMemory: {
    good: () => main.estimateMemory(plan()),
    bad: { 'no batch': () => main.estimateMemory(plan(), { batchSize: 0 }) },
  },
  fitHead: {
    good: async () => {
      const { features } = shared;
      free((await main.fitHead(HEAD, features, { epochs: 1, validation: features })).head);
    },
    bad: {
      'labels of no class': () =>
        withFeatures(makeFeatures([0, 1, 2, 3, 0, 0]), (own) => main.fitHead(HEAD, own)),
      'a loss that isn’t finite': () =>
        withFeatures({ ...shared.features, values: tf.fill([6, 1, 1, 64], NaN) }, (own) =>
          main.fitHead(HEAD, own),
        ),
      'validation of another shape': () =>
        withFeatures({ ...shared.features, values: tf.zeros([6, 2, 2, 64]) }, (own) =>
          main.fitHead(main.flattenedHead({ numClasses: 3, hiddenUnits: 2 }), shared.features, {
            validation: own,
          }),
        ),
      'a callback that throws': () =>
        main.fitHead(HEAD, shared.features, { callbacks: { onBatchEnd: fail } }),
      'what is no head': () => main.fitHead(none, shared.features),
      'what are no features': () => main.fitHead(HEAD, none),
    },
  },
  flattenedHead: {
    good: () => main.flattenedHead({ numClasses: 2 }),
    bad: { 'no classes': () => main.flattenedHead({ numClasses: 0 }) },
  },
  foldBatchNorm: {
    good: async () => {
      free((await main.foldBatchNorm(shared.model, { measure: true })).model);
    },
    bad: { 'what is no model': () => main.foldBatchNorm(none) },
  },
  format: {
    good: () =>
      [plan(), confusion(), { pooled: shared.robustness }].map((each) => main.format(each)),
    bad: {
      'an unknown format': () => main.format(plan(), 'none' as 'text'),
      'what is no result': () => main.format(none),
    },
  },
  freeze: {
    good: () => {
      main.freeze(shared.model);
    },
    bad: {
      'what is no model': () => {
        main.freeze(none);
      },
    },
  },
  largestInput: {
    good: () => main.largestInput({ head: 'pooled', numClasses: 2 }, { budget: 1e9 }),
    bad: {
      'no budget': () => main.largestInput({ head: 'pooled', numClasses: 2 }, { budget: 0 }),
    },
  },
  planResnet: {
    good: plan,
    bad: { 'an unknown head': () => main.planResnet({ head: 'none' as 'pooled', numClasses: 1 }) },
  },
  pooledHead: {
    good: () => main.pooledHead({ numClasses: 2 }),
    bad: { 'no classes': () => main.pooledHead({ numClasses: 0 }) },
  },
  renderChart: {
    good: () =>
      Promise.all(
        [plan(), confusion(), { pooled: shared.robustness }].map((each) => main.renderChart(each)),
      ),
    bad: {
      'what it can’t draw': () => main.renderChart(none),
      'what is no result': () => main.renderChart({ pooled: none }),
    },
  },
  resnet: builder(main.resnet, SMALL, { ...WRONG_SIZES, includeTop: 'yes' }),
  splitModel: {
    good: () => {
      const own = makeModel();
      free(main.splitModel(own).head, own);
    },
    bad: {
      'what is no model': () => main.splitModel(none),
      'a seam that isn’t there': () => main.splitModel(shared.model, { at: 'none' }),
      'a model without its mark': () => main.splitModel(shared.base),
    },
  },
  unfreeze: {
    good: () => {
      main.unfreeze(shared.model);
    },
    bad: {
      'what is no model': () => {
        main.unfreeze(none);
      },
    },
  },
} satisfies Record<string, Calls>;
