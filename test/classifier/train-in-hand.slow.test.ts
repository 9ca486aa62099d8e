import * as tf from '@tensorflow/tfjs';
import {
  type Backbone,
  type Classifier,
  denseHead,
  type Head,
  type LabelledPicture,
  loadBackbone,
  type Pictures,
  pooledHead,
  trainClassifier,
  type TrainOptions,
} from 'resnet-heads';
import sharp from 'sharp';
import { byAdam } from '../setup/adam';
import {
  COLOURS,
  type Colour,
  colouredPicture,
  colouredPictures,
} from '../setup/coloured-pictures';
import { expectNoLeak } from '../setup/memory';
import { miniResnet, numbers } from '../setup/mini-resnet';

const FAST = { epochs: 60, learningRate: 0.05 } as const;
const NAMES = Object.keys(COLOURS) as Colour[];

let backbone: Backbone;
let pictures: ReturnType<typeof colouredPictures>;
beforeAll(async () => {
  backbone = await loadBackbone(miniResnet('v1', 1), { preprocessing: 'tf' });
  pictures = colouredPictures(5);
});
afterAll(() => {
  tf.dispose(pictures.map(({ picture }) => picture));
  backbone.dispose();
});

/** The likeliest class of a new picture of each colour. */
async function likeliestOf(classifier: Classifier): Promise<string[]> {
  const fresh = NAMES.map((colour) => colouredPicture(colour, 99, 50));
  const found = await classifier.classify(fresh, { top: 1 });
  tf.dispose(fresh);
  return found.map(([first]) => first!.className);
}

describe('trainClassifier with pictures in hand', () => {
  it('sorts the classes, holds a fifth of each out, and tells them apart', async () => {
    const before = numbers(backbone.model);
    await expectNoLeak(async () => {
      const classifier = await trainClassifier(backbone, pictures, FAST);
      expect(classifier.classes).toEqual(['blue', 'green', 'red']);
      expect(classifier.training).toMatchObject({
        pictures: { train: 12, validation: 3 },
        computed: 15,
        duplicates: { acrossClasses: [], acrossParts: [] },
        unused: [],
      });
      const { history, bestEpoch, endedBy } = byAdam(classifier.training);
      expect(classifier.history).toBe(history);
      expect(['epochs', 'patience']).toContain(endedBy);
      expect(history[bestEpoch]!.validationAccuracy).toBe(1);
      expect(classifier.backbone).toBe(backbone);
      const { inputSize, preprocessing } = classifier;
      expect({ inputSize, preprocessing }).toEqual({ inputSize: [32, 32], preprocessing: 'tf' });
      expect(await likeliestOf(classifier)).toEqual(NAMES);
      classifier.dispose();
    });
    expect(numbers(backbone.model)).toEqual(before);
  });

  it('trains the same twice, and another by another seed', async () => {
    const train = async (options: TrainOptions = {}) => {
      const classifier = await trainClassifier(backbone, pictures, { epochs: 3, ...options });
      const weights = numbers(classifier.model);
      classifier.dispose();
      return weights;
    };
    const first = await train();
    expect(await train()).toEqual(first);
    expect(await train({ seed: 1 })).not.toEqual(first);
  });

  it('validates on nothing where there is one picture of each class, unless it is asked to', async () => {
    const few = pictures.slice(0, 3);
    await expectNoLeak(async () => {
      const classifier = await trainClassifier(backbone, few, { epochs: 2 });
      expect(classifier.training!.pictures).toEqual({ train: 3, validation: 0 });
      expect(classifier.history[0]).not.toHaveProperty('validationLoss');
      classifier.dispose();
      await expect(trainClassifier(backbone, few, { validation: 0.2 })).rejects.toThrow(
        'pictures: expected a class with two or more pictures to hold some out, got 3 classes with one each',
      );
    });
  });

  it('validates on pictures that are handed in, on as much as is asked, or on batches', async () => {
    const [train, held] = [pictures.slice(0, 9), pictures.slice(9)];
    const batches = [
      {
        images: tf.tidy(() => tf.stack(held.map(({ picture }) => picture)) as tf.Tensor4D),
        labels: held.map(({ label }) => NAMES.indexOf(label)),
      },
    ];
    const counts = await Promise.all(
      [held, batches, 0.4].map(async (validation) => {
        const own = typeof validation === 'number' ? pictures : train;
        const classifier = await trainClassifier(backbone, own, { epochs: 1, validation });
        const { training, history } = classifier;
        classifier.dispose();
        return { ...training!.pictures, loss: history[0]!.validationLoss };
      }),
    );
    expect(counts).toMatchObject([
      { train: 9, validation: 6 },
      { train: 9, validation: 6 },
      { train: 9, validation: 6 },
    ]);
    expect(counts[0]!.loss).toBeCloseTo(counts[1]!.loss!, 5);
    tf.dispose(batches.map(({ images }) => images));
  });

  it('keeps classes in the order that they are named in', async () => {
    const classes = ['red', 'green', 'blue'];
    const classifier = await trainClassifier(backbone, pictures, { ...FAST, classes });
    expect(classifier.classes).toEqual(classes);
    expect(classifier.model.outputShape).toEqual([null, 3]);
    expect(await likeliestOf(classifier)).toEqual(NAMES);
    classifier.dispose();
  });

  it.each<[string, TrainOptions['head'], string, number]>([
    ['none', undefined, 'mini_pooled', 3],
    ['a name', 'dense', 'mini_dense', 3],
    ['a name with options', { name: 'flattened', hiddenUnits: 7 }, 'mini_flattened', 3],
    ['a recipe', denseHead({ numClasses: 3, pooling: 'max' }), 'mini_dense', 3],
    ['a recipe of one’s own', { ...pooledHead({ numClasses: 3 }), name: 'own' }, 'mini_own', 3],
    ['one score for two classes', pooledHead({ numClasses: 1, activation: 'sigmoid' }), '', 2],
  ])('takes %s for a head', async (_, head, name, count) => {
    const own = pictures.filter(({ label }) => NAMES.indexOf(label) < count);
    await expectNoLeak(async () => {
      const options = { epochs: 2, ...(head && { head }) };
      const classifier = await trainClassifier(backbone, own, options);
      expect(classifier.model.name).toContain(name);
      expect(classifier.classes).toHaveLength(count);
      const [first] = await classifier.classify(own[0]!.picture);
      expect(first!.probability).toBeGreaterThan(1 / 4);
      if (name.includes('flattened')) {
        expect(classifier.model.layers.some(({ outputShape }) => outputShape[1] === 7)).toBe(true);
      }
      classifier.dispose();
    });
  });

  it('tells how far it is, part by part', async () => {
    const steps: unknown[] = [];
    const onProgress = (step: unknown) => steps.push(step);
    (await trainClassifier(backbone, pictures, { epochs: 1, onProgress })).dispose();
    const training = { label: 'training features', total: 12, unit: 'pictures' };
    const validation = { label: 'validation features', total: 3, unit: 'pictures' };
    expect(steps).toEqual([
      ...[0, 12].map((done) => ({ ...training, done })),
      ...[0, 3].map((done) => ({ ...validation, done })),
      ...[0, 1].map((done) => ({ label: 'training', total: 1, unit: 'epochs', done })),
    ]);
  });

  it('takes pixels of another kind than tensors', async () => {
    const of = (colour: Colour) => ({
      data: Uint8Array.from({ length: 8 * 8 * 4 }, (_, i) => [...COLOURS[colour], 255][i % 4]!),
      ...{ width: 8, height: 8 },
    });
    const own = NAMES.map((label) => ({ picture: of(label), label }));
    await expectNoLeak(async () => {
      const classifier = await trainClassifier(backbone, own, FAST);
      expect(await likeliestOf(classifier)).toEqual(NAMES);
      classifier.dispose();
    });
  });
});

describe('trainClassifier with files among the pictures in hand', () => {
  const encoded = async (colour: Colour) => {
    const [r, g, b] = COLOURS[colour];
    const create = { width: 9, height: 8, channels: 3 as const, background: { r, g, b } };
    return new Uint8Array(await sharp({ create }).png().toBuffer());
  };

  it('decodes bytes and Blobs, and leaves out what is no picture', async () => {
    const own: LabelledPicture[] = [];
    for (const label of NAMES) {
      const bytes = await encoded(label);
      own.push({ picture: bytes, label }, { picture: new Blob([bytes]), label });
    }
    own.push({ picture: new Uint8Array(8), label: NAMES[0]! });
    await expectNoLeak(async () => {
      const warnings: Error[] = [];
      const classifier = await trainClassifier(backbone, own, {
        ...FAST,
        validation: 0,
        onWarning: (warning) => warnings.push(warning),
      });
      expect(classifier.training?.pictures.train).toBe(2 * NAMES.length);
      expect(warnings.map(({ name }) => name)).toEqual(['PictureError']);
      expect(await likeliestOf(classifier)).toEqual(NAMES);
      classifier.dispose();
    });
  });

  it('ends at what is no picture where that is asked for, or where there is nothing else', async () => {
    const broken = ['a', 'b'].map((label) => ({ picture: new Uint8Array(8), label }));
    await expectNoLeak(async () => {
      await expect(trainClassifier(backbone, broken)).rejects.toThrow(
        'pictures: expected pictures that can be decoded, got none among 2',
      );
      await expect(trainClassifier(backbone, broken, { strict: true })).rejects.toMatchObject({
        name: 'PictureError',
      });
    });
  });
});

describe('trainClassifier refuses, before anything is computed,', () => {
  /** Fails where the backbone is run. */
  const untouched = async (body: () => Promise<unknown>) => {
    const spies = backbone.model.layers.map((layer) => jest.spyOn(layer, 'call'));
    await expectNoLeak(body);
    for (const spy of spies) {
      expect(spy).not.toHaveBeenCalled();
      spy.mockRestore();
    }
  };
  const tensor = (): tf.Tensor3D => pictures[0]!.picture;

  it.each<[string, () => unknown, object, string]>([
    ['an empty list', () => [], {}, 'pictures: expected at least one picture, got []'],
    [
      'one class',
      () => pictures.filter(({ label }) => label === 'red'),
      {},
      'pictures: expected pictures of two or more classes, got ["red"]; add pictures of another class',
    ],
    [
      'a label that no class has',
      () => pictures,
      { classes: ['red', 'green'] },
      'label: expected one of ["red", "green"], got "blue"',
    ],
    [
      'the pictures to train on as those to validate on',
      () => pictures,
      {
        get validation() {
          return pictures.slice(2, 4);
        },
      },
      'validation: expected pictures that are not used for training, got some that are',
    ],
    [
      'one picture in two classes',
      () => [...pictures, { picture: tensor(), label: 'blue' }],
      {},
      'pictures[15].picture: expected each picture once, got that of pictures[0] again; remove one of them',
    ],
    [
      'a class without a picture',
      () => pictures,
      { classes: ['cat', 'red', 'green', 'blue'] },
      'pictures: expected pictures of each class, got none of "cat"; add some, or remove the class',
    ],
    ['classes twice', () => pictures, { classes: ['red', 'red'] }, 'classes: expected two or more'],
    [
      'labels that are no names',
      () => [{ picture: tensor(), label: 0 }],
      {},
      'pictures[0].label: expected the name of its class, got 0',
    ],
    [
      'a picture that is missing',
      () => [{ label: 'red' }],
      {},
      'pictures[0].picture: expected a picture, got undefined',
    ],
    ['what is no entry', () => [...pictures, null], {}, 'pictures[15]: expected an options object'],
    ['what is nothing', () => undefined, {}, 'pictures: expected the path of a folder or a .csv'],
    ['a number', () => 7, {}, 'pictures: expected the path of a folder or a .csv file'],
    [
      'a head of other classes',
      () => pictures,
      { head: pooledHead({ numClasses: 2 }) },
      'head "pooled": expected a score for each of 3 classes ("blue", "green" and "red"), got 2; build it with numClasses: 3',
    ],
    [
      'numClasses of a head by name',
      () => pictures,
      { head: { name: 'pooled', numClasses: 3 } },
      'head.numClasses: expected none, as it follows from the classes, got 3; leave it out',
    ],
    ['an unknown head', () => pictures, { head: 'sharp' }, 'head: expected "pooled", "flattened"'],
    [
      'class weights of other classes',
      () => pictures,
      { classWeights: [1, 2] },
      "classWeights: expected 'balanced', or 3 positive numbers, got [1, 2]",
    ],
    ['no epochs', () => pictures, { epochs: 0 }, 'epochs: expected a positive integer, got 0'],
    ['all of them held out', () => pictures, { validation: 1 }, 'validation: expected a number'],
    ['a cache of files', () => pictures, { cacheFolder: 'x' }, 'cacheFolder: expected none for'],
    ['an unknown engine', () => pictures, { engine: 'steam' }, 'engine: expected one of "layers",'],
    ['to resume nothing', () => pictures, { resume: true }, 'resume: expected out, which names'],
    ['no options', () => pictures, [], 'options: expected an options object, got []'],
  ])('%s', async (_, make, options, message) => {
    await untouched(async () => {
      const trained = trainClassifier(backbone, make() as Pictures, options);
      await expect(trained).rejects.toThrow(message);
      await expect(trained).rejects.toMatchObject({ name: 'ArgumentError' });
    });
  });

  it.each<[string, () => unknown, string]>([
    [
      'a model',
      () => backbone.model,
      "wrap it: await loadBackbone(model, { preprocessing: 'tf' })",
    ],
    ['nothing', () => undefined, 'backbone: expected one from loadBackbone(), got undefined'],
    ['an object', () => ({}), 'backbone: expected one from loadBackbone(), got an object'],
  ])('%s for a backbone', async (_, make, message) => {
    await expectNoLeak(async () => {
      await expect(trainClassifier(make() as Backbone, pictures)).rejects.toThrow(message);
    });
  });
});

describe('trainClassifier leaves nothing behind', () => {
  const fails = () => {
    throw new Error('enough');
  };
  const failing: Head = {
    name: 'failing',
    apply: (layers, features) => {
      const scores = layers.dense({ name: 'made', units: 3, activation: 'softmax' })(
        layers.globalAveragePooling2d({ name: 'pool' })(features),
      );
      if (scores instanceof tf.SymbolicTensor) fails();
      return scores;
    },
  };

  /** Its scores can't be told to be probabilities. */
  const relu: Head = {
    name: 'relu',
    apply: (layers, features) =>
      layers.dense({ name: 'scores', units: 3, activation: 'relu' })(
        layers.globalAveragePooling2d({ name: 'pool' })(features),
      ),
  };

  it.each<[string, TrainOptions]>([
    ['a picture is none', { validation: [{ picture: {} as never, label: 'red' }] }],
    ['a head can’t be built', { head: failing }],
    ['a callback fails', { callbacks: { onBatchEnd: fails } }],
    ['a listener fails', { onProgress: fails }],
    ['an epoch’s listener fails', { onEpoch: fails }],
    ['it is ended before it begins', { signal: AbortSignal.abort(new Error('enough')) }],
    ['a head gives no scores', { head: relu }],
  ])('where %s', async (_, options) => {
    const before = numbers(backbone.model);
    await expectNoLeak(async () => {
      await expect(
        trainClassifier(backbone, pictures, { epochs: 2, ...options }),
      ).rejects.toThrow();
    });
    expect(numbers(backbone.model)).toEqual(before);
  });

  it('where it is ended before the first epoch: no untrained head is a classifier', async () => {
    const controller = new AbortController();
    await expectNoLeak(async () => {
      const trained = trainClassifier(backbone, pictures, {
        signal: controller.signal,
        callbacks: {
          onTrainBegin: () => {
            controller.abort(new Error('enough'));
          },
        },
      });
      await expect(trained).rejects.toThrow('enough');
    });
  });

  it('where it is ended later, it is a classifier', async () => {
    const controller = new AbortController();
    await expectNoLeak(async () => {
      const classifier = await trainClassifier(backbone, pictures, {
        signal: controller.signal,
        onEpoch: () => {
          controller.abort();
        },
      });
      expect(classifier.training).toMatchObject({ endedBy: 'signal' });
      expect(classifier.history).toHaveLength(1);
      classifier.dispose();
    });
  });
});
