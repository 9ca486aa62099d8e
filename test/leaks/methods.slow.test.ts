import {
  type Backbone,
  type Classifier,
  flattenedHead,
  type FineTuneOptions,
  type Pictures,
  trainClassifier,
} from 'resnet-heads';
import { type Calls, checkLeaks, fail, free } from './check';
import {
  batches,
  LABELS,
  makeBackbone,
  makeClassifier,
  none,
  shared,
  WRONG_LABELS,
} from './fixtures';

type MethodsOf<T> = {
  [K in keyof T]-?: T[K] extends (...args: never[]) => unknown ? K : never;
}[keyof T];

const failing = () =>
  (function* () {
    yield* batches(LABELS);
    fail();
  })();
/** Calls of the methods of a classifier that is made for each of them. */
function ofClassifiers(make: () => Promise<Classifier>): Record<MethodsOf<Classifier>, Calls> {
  const withOwn = async (body: (own: Classifier) => unknown) => {
    const own = await make();
    try {
      await body(own);
    } finally {
      own.dispose();
    }
  };
  const tune = (pictures: Pictures, options: FineTuneOptions = {}) =>
    withOwn((own) => own.fineTune(pictures, { epochs: 1, ...options }));
  return {
    classify: {
      good: () =>
        withOwn(async (own) => {
          await own.classify(shared.picture, { top: 1 });
          await own.classify([shared.picture, shared.at('pictures/a/0.png')]);
        }),
      bad: {
        'what is no picture': () => withOwn((own) => own.classify(shared.images as never)),
        'a second picture that is none': () =>
          withOwn((own) => own.classify([shared.picture, none])),
        'a file that is none': () => withOwn((own) => own.classify(shared.at('file'))),
        'no classes to name': () => withOwn((own) => own.classify(shared.picture, { top: 0 })),
      },
    },
    evaluate: {
      good: () =>
        withOwn(async (own) => {
          await own.evaluate(shared.inHand);
          await own.evaluate(batches(LABELS));
          await own.evaluate(shared.at('pictures'));
        }),
      bad: {
        'a folder without pictures': () => withOwn((own) => own.evaluate(shared.at('empty'))),
        'labels of no class': () => withOwn((own) => own.evaluate(batches(LABELS, WRONG_LABELS))),
        'batches that end in an error': () => withOwn((own) => own.evaluate(failing())),
        'a progress that throws': () =>
          withOwn((own) => own.evaluate(shared.inHand, { onProgress: fail })),
        'no batches': () => withOwn((own) => own.evaluate(() => [])),
      },
    },
    report: {
      good: () =>
        withOwn(async (own) => {
          await own.report(shared.at('pictures'), { out: shared.at('report.html') });
          await own.report(shared.inHand, { shown: 1 });
          await own.report(batches(LABELS));
        }),
      bad: {
        'a folder without pictures': () => withOwn((own) => own.report(shared.at('empty'))),
        'a name that is no page': () =>
          withOwn((own) => own.report(shared.inHand, { out: shared.at('report.txt') })),
        'a progress that throws at the pictures': () =>
          withOwn((own) =>
            own.report(shared.inHand, {
              onProgress: ({ label }) => (label === 'report' ? fail() : undefined),
            }),
          ),
      },
    },
    explain: {
      good: () =>
        withOwn(async (own) => {
          free(await own.explain(shared.picture, { className: 'b', out: shared.at('map.png') }));
          free(await own.explain(shared.at('pictures/a/0.png'), { out: shared.at('map.png') }));
          const head = { name: 'flattened', hiddenUnits: 2 } as const;
          const flat = await trainClassifier(shared.backbone, shared.inHand, { head, epochs: 1 });
          free(await flat.explain(shared.picture));
          flat.dispose();
        }),
      bad: {
        'a class that isn’t there': () =>
          withOwn((own) => own.explain(shared.picture, { className: 'd' })),
        'what is no picture': () => withOwn((own) => own.explain(shared.images as never)),
        'a file of no format': () =>
          withOwn((own) => own.explain(shared.picture, { out: shared.at('map.txt') })),
        'a file in a file': () =>
          withOwn((own) => own.explain(shared.picture, { out: shared.at('file/map.png') })),
      },
    },
    fineTune: {
      good: () => tune(() => batches(LABELS), { validation: () => batches(LABELS) }),
      bad: {
        'labels of no class': () => tune(() => batches(LABELS, WRONG_LABELS)),
        'a validation batch likewise': () =>
          tune(() => batches(LABELS), { validation: () => batches(WRONG_LABELS) }),
        'a batch that is none': () => tune(() => [null as never]),
        'batches that end in an error': () => tune(failing),
        'a generator': () => tune(batches(LABELS)),
        'a function that throws after an epoch': () =>
          tune(() => batches(LABELS), { onEpoch: fail }),
        'a callback that throws': () =>
          tune(() => batches(LABELS), { callbacks: { onBatchEnd: fail } }),
        'class weights for which images can’t be counted': () =>
          tune(failing, { classWeights: 'balanced' }),
        'no layer': () => tune(() => batches(LABELS), { select: () => false }),
        'a selection that throws': () => tune(() => batches(LABELS), { select: fail }),
      },
    },
    save: {
      good: () =>
        withOwn(async (own) => {
          await own.save(shared.at('again'));
          await own.save(shared.at('again-head'), { scope: 'head' });
        }),
      bad: {
        'a folder that is a file': () => withOwn((own) => own.save(shared.at('file/x'))),
        'a head, likewise': () =>
          withOwn((own) => own.save(shared.at('file/x'), { scope: 'head' })),
        'another scope': () => withOwn((own) => own.save(shared.at('x'), { scope: none })),
      },
    },
    files: {
      good: () =>
        withOwn(async (own) => {
          await own.files();
          await own.files({ scope: 'head' });
        }),
      bad: { 'another scope': () => withOwn((own) => own.files({ scope: none })) },
    },
    dispose: {
      good: async () => {
        await withOwn(() => undefined);
        // One whose backbone was made its own.
        await withOwn((own) => own.fineTune(shared.inHand, { epochs: 1 }));
        const head = flattenedHead({ numClasses: 3, hiddenUnits: 2 });
        const own = await trainClassifier(shared.backbone, shared.inHand, { head, epochs: 1 });
        own.dispose();
      },
      bad: 'it takes nothing',
    },
  };
}

const OF_BACKBONES: Record<MethodsOf<Backbone>, Calls> = {
  sha256: { good: () => shared.backbone.sha256(), bad: 'it takes nothing' },
  dispose: {
    good: async () => {
      const own = await makeBackbone();
      own.dispose();
    },
    bad: 'it takes nothing',
  },
};

describe('a classifier that was loaded whole', () => {
  checkLeaks(ofClassifiers(makeClassifier));
});
describe('a classifier on a backbone that was handed in', () => {
  const train = () => trainClassifier(shared.backbone, shared.inHand, { epochs: 1 });
  checkLeaks(ofClassifiers(train));
});
describe('a backbone', () => {
  checkLeaks(OF_BACKBONES);
});

it('never dispose a backbone that was handed in', () => {
  expect(() => shared.base.weights[0]!.read()).not.toThrow();
});
