import * as tf from '@tensorflow/tfjs';
import {
  type Backbone,
  type Classifier,
  loadBackbone,
  loadClassifier,
  trainClassifier,
} from 'resnet-heads';
import { colouredPictures } from '../setup/coloured-pictures';
import { expectNoLeak } from '../setup/memory';
import { miniResnet } from '../setup/mini-resnet';

let backbone: Backbone;
let files: Readonly<Record<string, Uint8Array>>;
const pictures = colouredPictures(10, ['red', 'green']);
const [{ picture }] = pictures as [(typeof pictures)[0]];
beforeAll(async () => {
  backbone = await loadBackbone(miniResnet('v1', 1), { preprocessing: 'tf' });
  const classifier = await trainClassifier(backbone, pictures, { validation: 0, l2: 1 });
  files = await classifier.files({ scope: 'head' });
  classifier.dispose();
});
afterAll(() => {
  backbone.dispose();
  tf.dispose(pictures.map((each) => each.picture));
});

const disposing = (result: { values: tf.Tensor; overlay: tf.Tensor }) => {
  tf.dispose([result.values, result.overlay]);
};

const CALLS: Readonly<Record<string, (classifier: Classifier) => Promise<unknown>>> = {
  classify: (own) => own.classify(Array.from({ length: 8 }, () => picture)),
  'classify with familiarity': (own) => own.classify([picture, picture], { familiarity: true }),
  evaluate: (own) => own.evaluate(pictures, { batchSize: 2 }),
  explain: (own) => own.explain(picture).then(disposing),
  fineTune: (own) => own.fineTune(pictures, { epochs: 1 }),
  files: (own) => own.files(),
  'files of the head': (own) => own.files({ scope: 'head' }),
};

const nextTask = () => new Promise((resolve) => setImmediate(resolve));
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** When the classifier is disposed. */
const MOMENTS: Readonly<Record<string, () => Promise<unknown>>> = {
  'at once': () => Promise.resolve(),
  'after a task': nextTask,
  'after two tasks': () => nextTask().then(nextTask),
  'after 20 ms': () => sleep(20),
  'after 80 ms': () => sleep(80),
  'after 200 ms': () => sleep(200),
};

describe.each(Object.keys(CALLS))('dispose() during %s', (name) => {
  it.each(Object.keys(MOMENTS))(
    'is told in an error of our own, and leaves no tensor: %s',
    async (moment) => {
      await expectNoLeak(async () => {
        const classifier = await loadClassifier(files, { backbone });
        const call = CALLS[name]!(classifier).then(
          () => undefined,
          (error: unknown) => error as Error,
        );
        await MOMENTS[moment]!();
        classifier.dispose();
        // It may have been done.
        const error = await call;
        const [method] = name.split(' ');
        if (error === undefined && moment !== 'at once') return;
        expect(String(error)).toBe(
          `ArgumentError: classifier: expected one that is not disposed until ${method}() has ended, got dispose() meanwhile; await the call first`,
        );
      });
    },
  );
});

it('after dispose(), each call says so', async () => {
  const classifier = await loadClassifier(files, { backbone });
  classifier.dispose();
  await expectNoLeak(async () => {
    for (const call of Object.values(CALLS)) {
      await expect(call(classifier)).rejects.toThrow(
        'classifier: expected one that is not disposed, got a disposed one',
      );
    }
  });
});

it('a signal that comes first is told of, not dispose()', async () => {
  const classifier = await loadClassifier(files, { backbone });
  const controller = new AbortController();
  const call = classifier.evaluate(pictures, { batchSize: 2, signal: controller.signal });
  const reason = new Error('enough');
  controller.abort(reason);
  classifier.dispose();
  await expect(call).rejects.toBe(reason);
});
