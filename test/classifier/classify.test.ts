import * as tf from '@tensorflow/tfjs';
import {
  attachHead,
  type Classifier,
  denseHead,
  type Head,
  loadClassifier,
  pooledHead,
  preprocess,
} from 'resnet-heads';
import { requireMetadata, VERSION } from '../../src/classifier/metadata';
import { expectNoLeak, messageOf } from '../setup/memory';
import { miniResnet } from '../setup/mini-resnet';

const CLASSES = ['cat', 'dog', 'hen'];
const OPTIONS = { classes: CLASSES, preprocessing: 'tf' } as const;

const makeModel = (head: Head = pooledHead({ numClasses: 3 })) =>
  attachHead(miniResnet('v1', 1), head, { seed: 2 });
const makeClassifier = (): Promise<Classifier> => loadClassifier(makeModel(), OPTIONS);

const picture = () => tf.tidy(() => tf.randomUniform<tf.Rank.R3>([40, 60, 3], 0, 255, 'int32', 3));

describe('loadClassifier of a model in hand', () => {
  it('names the likeliest classes of a picture of any size', async () => {
    const classifier = await makeClassifier();
    const image = picture();
    await expectNoLeak(async () => {
      const all = await classifier.classify(image);
      expect(all.map(({ className }) => className).sort()).toEqual(['cat', 'dog', 'hen']);
      expect(all.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 5);
      const order = all.map(({ probability }) => probability);
      expect(order).toEqual([...order].sort((a, b) => b - a));
      expect(await classifier.classify(image, { top: 2 })).toEqual(all.slice(0, 2));
    });
    image.dispose();
    classifier.dispose();
  });

  it.each([NaN, Infinity])('gives no answer where a weight is %d', async (value) => {
    const model = makeModel();
    const bias = tf.tensor1d([0, value, 0]);
    model.getLayer('predictions').weights[1]!.write(bias);
    bias.dispose();
    const classifier = await loadClassifier(model, OPTIONS);
    const image = picture();
    await expectNoLeak(async () => {
      await expect(classifier.classify(image)).rejects.toThrow(
        /^scores: expected finite numbers, got NaN; the picture or the model's weights contain NaN/,
      );
    });
    image.dispose();
    classifier.dispose();
  });

  it('looks at the middle of a picture, at the size and scale that the base wants', async () => {
    const model = makeModel();
    const classifier = await loadClassifier(model, OPTIONS);
    // Twice as wide as high: what is cut off on both sides doesn't count.
    const middle = tf.randomUniform<tf.Rank.R3>([32, 32, 3], 0, 255, 'int32', 5);
    const wide = tf.tidy(() => tf.concat([tf.zeros([32, 16, 3]), middle, tf.ones([32, 16, 3])], 1));
    const expected = tf.tidy(() =>
      (model.predict(preprocess(middle.expandDims(0), 'tf')) as tf.Tensor).dataSync(),
    );
    for (const image of [middle, wide as tf.Tensor3D]) {
      for (const { className, probability } of await classifier.classify(image)) {
        const index = CLASSES.indexOf(className);
        expect(probability).toBeCloseTo(expected[index]!, 5);
      }
    }
    tf.dispose([middle, wide]);
    classifier.dispose();
  });

  it('averages a map, and takes one score for that of the second class', async () => {
    const image = picture();
    const map = await loadClassifier(
      makeModel(denseHead({ numClasses: 3, hiddenUnits: 4 })),
      OPTIONS,
    );
    const sum = (await map.classify(image)).reduce((all, { probability }) => all + probability, 0);
    expect(sum).toBeCloseTo(1, 5);
    map.dispose();
    const one = await loadClassifier(
      makeModel(pooledHead({ numClasses: 1, activation: 'sigmoid' })),
      { ...OPTIONS, classes: ['no', 'yes'] },
    );
    const [first, second] = await one.classify(image);
    expect(first!.probability + second!.probability).toBeCloseTo(1, 5);
    image.dispose();
    one.dispose();
  });

  it('answers several pictures one by one, whatever they are', async () => {
    const classifier = await makeClassifier();
    const image = picture();
    const pixels = tf.tidy(() => tf.concat([image, tf.fill([40, 60, 1], 255, 'int32')], 2));
    const data = { data: Uint8Array.from(await pixels.data()), width: 60, height: 40 };
    await expectNoLeak(async () => {
      const alone = await classifier.classify(image);
      expect(await classifier.classify([image, data])).toEqual([alone, alone]);
      expect(await classifier.classify([])).toEqual([]);
    });
    tf.dispose([image, pixels]);
    classifier.dispose();
  });

  it('knows what it was told, and the rest of its model', async () => {
    const model = makeModel();
    const classifier = await loadClassifier(model, OPTIONS);
    const { classes, inputSize, preprocessing, history, training, backbone } = classifier;
    expect({ classes, inputSize, preprocessing, history, training }).toEqual({
      ...{ classes: CLASSES, inputSize: [32, 32], preprocessing: 'tf' },
      ...{ history: [], training: undefined },
    });
    expect(classifier.model).toBe(model);
    expect(backbone).toBe(classifier.backbone);
    const { featureShape, name } = backbone;
    expect({ featureShape, name }).toEqual({ featureShape: [1, 1, 64], name: model.name });
    const alone = miniResnet('v1', 1);
    expect(backbone.model.countParams()).toBe(alone.countParams());
    alone.dispose();
    classifier.dispose();
  });

  it('has no backbone where its model has no seam', async () => {
    const { layers } = tf;
    const model = tf.sequential({
      layers: [
        layers.globalAveragePooling2d({ inputShape: [8, 8, 3] }),
        layers.dense({ units: 3, activation: 'softmax' }),
      ],
    });
    const classifier = await loadClassifier(model, OPTIONS);
    expect(() => classifier.backbone).toThrow('model: expected one that attachHead() made');
    const image = picture();
    expect(await classifier.classify(image)).toHaveLength(3);
    image.dispose();
    classifier.dispose();
  });

  it('takes pictures at a size that is named, where the model takes any', async () => {
    const image = tf.input({ shape: [null, null, 3] });
    const pooled = tf.layers.globalAveragePooling2d({}).apply(image);
    const outputs = tf.layers.dense({ units: 3, activation: 'softmax' }).apply(pooled);
    const model = tf.model({ inputs: image, outputs: outputs as tf.SymbolicTensor });
    await expectNoLeak(async () => {
      await expect(loadClassifier(model, OPTIONS)).rejects.toThrow(
        "inputSize: expected [height, width], as the model's input size is variable, got undefined",
      );
    });
    const classifier = await loadClassifier(model, { ...OPTIONS, inputSize: [48, 32] });
    expect(classifier.inputSize).toEqual([48, 32]);
    const own = picture();
    expect(await classifier.classify(own)).toHaveLength(3);
    own.dispose();
    classifier.dispose();
  });

  it.each([
    [{ classes: ['a', 'b'] }, 'classes: expected a name for each of 3 scores, got ["a", "b"]'],
    [{ classes: 'abc' }, 'classes: expected a list of names, got "abc"'],
    [{ classes: undefined }, 'classes: expected a list of names, got undefined'],
    [
      { preprocessing: 'grey' },
      'preprocessing: expected one of "caffe", "torch", "tf", "none", got "grey"',
    ],
    [{ preprocessing: undefined }, 'preprocessing: expected one of "caffe", "torch", "tf", "none"'],
    [
      { inputSize: [32] },
      "inputSize: expected a size that fits the model's input [32, 32, 3], got [32]",
    ],
    [{ inputSize: [64, 32] }, "inputSize: expected a size that fits the model's input [32, 32, 3]"],
    [{ backbone: {} }, 'backbone: expected none for a model in hand, got an object'],
    [{ mirror: 'https://example.org' }, 'mirror: expected none for a model in hand'],
  ])('rejects %j, and leaves the model as it is', async (wrong, message) => {
    const model = makeModel();
    const options = { ...OPTIONS, ...wrong } as unknown as typeof OPTIONS;
    await expectNoLeak(async () => {
      const refused = loadClassifier(model, options);
      await expect(refused).rejects.toThrow(message);
      await expect(refused).rejects.toMatchObject({
        name: 'ArgumentError',
        message: expect.stringMatching(/^(?!metadata)/) as unknown,
      });
    });
    (await loadClassifier(model, OPTIONS)).dispose();
  });

  it('rejects what is no picture', async () => {
    const classifier = await makeClassifier();
    const grey = tf.zeros<tf.Rank.R3>([8, 8, 1]);
    await expectNoLeak(async () => {
      await expect(classifier.classify(grey)).rejects.toThrow(
        'picture: expected a tensor [height, width, 3], got [8, 8, 1]; remove the alpha channel or the batch dimension',
      );
      await expect(classifier.classify([grey])).rejects.toThrow('picture: expected a tensor');
      await expect(classifier.classify(grey, { top: 0 })).rejects.toThrow(
        'top: expected a positive integer, got 0',
      );
    });
    grey.dispose();
    classifier.dispose();
  });
});

describe('what is saved beside a classifier', () => {
  const METADATA = { ...OPTIONS, version: VERSION, inputSize: [32, 32] };

  it('is taken as it is written', () => {
    expect(() => {
      requireMetadata(METADATA);
    }).not.toThrow();
  });

  it.each([
    [{ classes: 'abc' }, 'metadata.classes: expected a list of names, got "abc"'],
    [
      { preprocessing: 'grey' },
      'metadata.preprocessing: expected one of "caffe", "torch", "tf", "none", got "grey"',
    ],
    [{ inputSize: [32] }, 'metadata.inputSize: expected [height, width], got [32]'],
    [{ inputSize: [0, 32] }, 'metadata.inputSize: expected a positive integer, got 0'],
    [
      { version: 1 },
      'metadata.version: expected 2, got 1; it was saved by another version of resnet-heads',
    ],
  ])('is refused with %j', (wrong, message) => {
    const read = () => {
      requireMetadata({ ...METADATA, ...wrong });
    };
    expect(messageOf(read)).toBe(`ArgumentError: ${message}`);
  });
});
