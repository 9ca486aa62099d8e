import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {
  attachHead,
  type Backbone,
  type Classifier,
  compareHeads,
  extractFeatures,
  fitHead,
  format,
  type LabelledPicture,
  loadBackbone,
  loadClassifier,
  type MultiLabelEvaluation,
  pooledHead,
  renderChart,
  trainClassifier,
  type TrainOptions,
  translationRobustness,
} from 'resnet-heads';
import { type Colour, colouredPicture } from '../setup/coloured-pictures';
import { expectNoLeak } from '../setup/memory';
import { miniResnet, numbers } from '../setup/mini-resnet';

const SEVERAL = { multiLabel: true } as const;
const SETS: readonly (readonly Colour[])[] = [
  ['red'],
  ['red', 'blue'],
  ['blue'],
  ['green'],
  ['blue', 'green'],
];

/** A picture with a stripe of each colour. */
const striped = (colours: readonly Colour[], seed: number): tf.Tensor3D =>
  tf.tidy(() =>
    tf.concat(
      colours.map((colour, i) => colouredPicture(colour, seed + i, 40)),
      0,
    ),
  );

/** Pictures of each set of colours, mixed. */
const drawn = (each: number, seed: number) =>
  Array.from({ length: each * SETS.length }, (_, i) => {
    const label = SETS[i % SETS.length]!;
    return { picture: striped(label, seed + 10 * i), label };
  });

let backbone: Backbone;
let pictures: ReturnType<typeof drawn>;
let fresh: ReturnType<typeof drawn>;
let folder: string;
beforeAll(async () => {
  backbone = await loadBackbone(miniResnet('v1', 1), { preprocessing: 'tf' });
  [pictures, fresh] = [drawn(8, 1), drawn(3, 5000)];
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-labels-'));
});
afterAll(() => {
  tf.dispose([...pictures, ...fresh].map(({ picture }) => picture));
  backbone.dispose();
  rmSync(folder, { recursive: true });
});

const train = (options: TrainOptions = {}) =>
  trainClassifier(backbone, pictures, { ...SEVERAL, ...options });

/** The classes that are present in a picture. */
async function presentIn(classifier: Classifier, { picture }: LabelledPicture): Promise<string[]> {
  const found = await classifier.classify(picture);
  expect(found).toHaveLength(3);
  return found.flatMap(({ className, present }) => (present === true ? [className] : [])).sort();
}

const evaluationOf = async (classifier: Classifier, of: readonly LabelledPicture[] = fresh) =>
  (await classifier.evaluate(of)) as MultiLabelEvaluation;

describe('trainClassifier with several labels per picture', () => {
  it.each(['lbfgs', 'adam'] as const)(
    'learns, evaluates and names each label: %s',
    async (solver) => {
      await expectNoLeak(async () => {
        const classifier = await train(
          solver === 'adam' ? { solver, epochs: 80, learningRate: 0.05 } : { solver },
        );
        expect(classifier.classes).toEqual(['blue', 'green', 'red']);
        expect(classifier.training).toMatchObject({
          solver,
          pictures: { train: 32, validation: 8 },
        });
        expect(classifier.training!.accuracy).toBeGreaterThan(0.9);
        expect(classifier.training!.validationAccuracy).toBeGreaterThan(0.7);
        expect(classifier.thresholds).toHaveLength(3);
        for (const threshold of classifier.thresholds!) {
          expect(threshold).toBeGreaterThan(0.3);
          expect(threshold).toBeLessThanOrEqual(0.5);
        }
        const evaluation = await evaluationOf(classifier);
        expect(evaluation).toMatchObject({ kind: 'multi-label', total: 15 });
        expect(evaluation.truth.slice(0, 5)).toEqual([[2], [0, 2], [0], [1], [0, 1]]);
        expect(evaluation.meanAveragePrecision).toBeGreaterThan(0.9);
        expect(evaluation.accuracy).toBeGreaterThan(0.7);
        const named = await Promise.all(fresh.map((each) => presentIn(classifier, each)));
        const { predicted } = evaluation;
        expect(named).toEqual(predicted.map((own) => own.map((i) => classifier.classes[i])));
        classifier.dispose();
      });
    },
  );

  it('keeps its thresholds where it is saved, and reads them again', async () => {
    await expectNoLeak(async () => {
      const classifier = await train();
      const files = await classifier.files();
      const expected = await classifier.classify(fresh[1]!.picture);
      await classifier.save(join(folder, 'saved'));
      for (const source of [files, join(folder, 'saved')]) {
        const loaded = await loadClassifier(source);
        expect(loaded.thresholds).toEqual(classifier.thresholds);
        expect(await loaded.classify(fresh[1]!.picture)).toEqual(expected);
        loaded.dispose();
      }
      const metadata = JSON.parse(
        readFileSync(join(folder, 'saved/metadata.json'), 'utf8'),
      ) as object;
      for (const thresholds of [[0.5], [0.5, 0.5, 2], 'all']) {
        const json = new TextEncoder().encode(JSON.stringify({ ...metadata, thresholds }));
        await expect(loadClassifier({ ...files, 'metadata.json': json })).rejects.toThrow(
          'metadata.thresholds: expected a number from 0 to 1 for each sigmoid of the model',
        );
      }
      classifier.dispose();
    });
  });

  it('fine-tunes, and chooses thresholds again', async () => {
    await expectNoLeak(async () => {
      const classifier = await train();
      const before = await evaluationOf(classifier);
      const { history } = await classifier.fineTune(pictures, { epochs: 2, learningRate: 1e-4 });
      expect(history[0]!.validationAccuracy).toBeGreaterThan(0.5);
      expect(classifier.thresholds).toHaveLength(3);
      const after = await evaluationOf(classifier);
      expect(after.meanAveragePrecision).toBeGreaterThan(before.meanAveragePrecision! - 0.1);
      classifier.dispose();
    });
  });

  it('explains the most likely class, or the one that is asked for, and names it', async () => {
    await expectNoLeak(async () => {
      const classifier = await train();
      const { picture } = pictures[0]!;
      const [best] = await classifier.classify(picture);
      const className = classifier.classes.find((name) => name !== best!.className)!;
      for (const options of [{}, { className }]) {
        const found = await classifier.explain(picture, options);
        expect(found.className).toBe(('className' in options ? options : best!).className);
        tf.dispose([found.values, found.overlay]);
      }
      classifier.dispose();
    });
  });

  it('takes batches of lists, of single labels, and a head of one’s own', async () => {
    const batch = (several: boolean) => [
      {
        images: tf.tidy(() => {
          const sized = pictures.map(({ picture }) => picture.resizeBilinear([40, 48]));
          return tf.stack(sized) as tf.Tensor4D;
        }),
        labels: several
          ? pictures.map(({ label }) => label.map((each) => ['blue', 'green', 'red'].indexOf(each)))
          : pictures.map((_, i) => i % 3),
      },
    ];
    const head = pooledHead({ numClasses: 3, activation: 'sigmoid' });
    for (const several of [true, false]) {
      const batches = batch(several);
      await expectNoLeak(async () => {
        const classifier = await trainClassifier(backbone, batches, {
          ...{ ...SEVERAL, head, classes: ['blue', 'green', 'red'], validation: fresh },
        });
        expect(classifier.training!.pictures).toEqual({ train: 40, validation: 15 });
        if (several) expect(await presentIn(classifier, fresh[1]!)).toEqual(['blue', 'red']);
        classifier.dispose();
      });
      tf.dispose(batches.map(({ images }) => images));
    }
  });

  it('has the same parts for programs of one’s own', async () => {
    await expectNoLeak(async () => {
      const head = pooledHead({ numClasses: 3, activation: 'sigmoid' });
      // The classifier will own it.
      const own = await loadBackbone(miniResnet('v1', 1), { preprocessing: 'tf' });
      const features = await extractFeatures(own, pictures, { head, ...SEVERAL });
      expect(features.labelSets).toHaveLength(SETS.length);
      const validation = await extractFeatures(own, fresh, { head, ...SEVERAL });
      const { head: trained, thresholds } = await fitHead(head, features, { validation });
      const { classes } = features;
      const model = attachHead(own, trained);
      const { preprocessing } = own;
      const classifier = await loadClassifier(model, { classes, preprocessing, thresholds });
      expect((await evaluationOf(classifier)).accuracy).toBeGreaterThan(0.7);
      tf.dispose([features.values, validation.values]);
      classifier.dispose();
      trained.dispose();
    });
  });
});

describe('what needs one class per picture', () => {
  it('refuses lists of labels, and says which option takes them', async () => {
    const expected =
      'pictures[0].label: expected the name of its class, got ["red"]; multiLabel: true allows several labels, in trainClassifier and extractFeatures';
    await expectNoLeak(async () => {
      await expect(trainClassifier(backbone, pictures)).rejects.toThrow(expected);
      await expect(compareHeads(backbone, ['pooled'], { pictures })).rejects.toThrow(expected);
      const batches = [{ images: tf.zeros<tf.Rank.R4>([2, 32, 32, 3]), labels: [[0], [1, 0]] }];
      await expect(trainClassifier(backbone, batches, { classes: ['a', 'b'] })).rejects.toThrow(
        'batch.labels: expected one class per image, got [[0], [1, 0]]; multiLabel',
      );
      tf.dispose(batches.map(({ images }) => images));
    });
  });

  it('refuses other heads, class weights and robustness to shifts', async () => {
    const softmax = pooledHead({ numClasses: 3 });
    const before = numbers(backbone.model);
    await expectNoLeak(async () => {
      for (const [options, expected] of [
        [
          { head: softmax },
          'head: expected a sigmoid for each of 3 classes, as a picture can have several labels, got 3 scores of softmax',
        ],
        [
          { head: { name: 'pooled', activation: 'softmax' } },
          'head.activation: expected \'sigmoid\' with multiLabel, got "softmax"; omit it',
        ],
        [
          { classWeights: 'balanced' },
          'classWeights: expected none for pictures with several labels, got "balanced"',
        ],
        [{ multiLabel: 'yes' as never }, 'multiLabel: expected true or false, got "yes"'],
      ] as const) {
        await expect(train(options)).rejects.toThrow(expected);
      }
      const classifier = await train();
      await expect(translationRobustness(classifier, fresh)).rejects.toThrow(
        'classifier: expected one without thresholds',
      );
      await expect(classifier.fineTune(pictures, { classWeights: 'balanced' })).rejects.toThrow(
        'classWeights: expected none',
      );
      classifier.dispose();
    });
    expect(numbers(backbone.model)).toEqual(before);
  });
});

describe('an evaluation of several labels', () => {
  it('is written as a table, as JSON and as bars', async () => {
    const classifier = await train();
    const evaluation = await evaluationOf(classifier);
    const text = format(evaluation);
    for (const part of [...classifier.classes, 'average precision', 'threshold', '(micro)']) {
      expect(text).toContain(part);
    }
    expect(JSON.parse(format(evaluation, 'json'))).toEqual(JSON.parse(JSON.stringify(evaluation)));
    const svg = await renderChart(evaluation);
    for (const name of ['Average precision', ...classifier.classes]) expect(svg).toContain(name);
    classifier.dispose();
  });
});
