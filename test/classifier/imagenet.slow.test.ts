import * as tf from '@tensorflow/tfjs';
import { loadClassifier, type LoadClassifierOptions } from 'resnet-heads';
import { loadWeights } from '../../src/weights/load';
import { colouredPicture } from '../setup/coloured-pictures';
import { expectNoLeak } from '../setup/memory';

jest.mock('../../src/weights/load');
const loading = jest.mocked(loadWeights);

/** A top that prefers these classes, whatever the picture. */
const prefer = (scores: Readonly<Record<number, number>>) => {
  loading.mockImplementation((model) => {
    const bias = Array.from({ length: 1000 }, (_, i) => scores[i] ?? 0);
    tf.tidy(() => {
      model.getLayer('predictions').weights[1]!.write(tf.tensor1d(bias));
    });
    return Promise.resolve({} as never);
  });
};
afterEach(() => {
  loading.mockReset();
});

/** As small as a ResNet takes it. */
const SMALL = { inputSize: [32, 32] } as const;

describe('loadClassifier by name', () => {
  it("names ImageNet's classes, the likeliest first", async () => {
    prefer({ 0: 8, 1: 9, 999: 7 });
    await expectNoLeak(async () => {
      const imagenet = await loadClassifier('keras/resnet50', SMALL);
      const picture = colouredPicture('red');
      const [first, second, third, ...others] = await imagenet.classify(picture, { top: 3 });
      const names = [first, second, third].map((each) => each!.className);
      expect(names).toEqual(['goldfish', 'tench', 'toilet tissue']);
      expect(first!.probability / second!.probability).toBeCloseTo(Math.E, 4);
      expect(others).toEqual([]);
      const all = await imagenet.classify(picture);
      expect(all).toHaveLength(1000);
      expect(all.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 4);
      picture.dispose();
      imagenet.dispose();
    });
  });

  it.each([
    ['keras/resnet50', 'caffe', 2048],
    ['timm/resnet18.tv_in1k', 'torch', 512],
  ] as const)(
    'loads the top with the rest, and knows %s',
    async (name, preprocessing, channels) => {
      prefer({});
      const options = { ...SMALL, mirror: 'https://example.org', cache: false };
      const imagenet = await loadClassifier(name, options);
      const { inputSize, classes, history, training } = imagenet;
      expect({ inputSize, history, training }).toEqual({
        ...{ ...SMALL, history: [], training: undefined },
      });
      expect([imagenet.preprocessing, classes.length, new Set(classes).size]).toEqual([
        ...[preprocessing, 1000, 1000],
      ]);
      const { mirror, cache } = options;
      const how = { mirror, cache, scope: 'all' };
      expect(loading.mock.calls).toEqual([[imagenet.model, name, how]]);
      // Its top is a head as any other.
      expect(imagenet.backbone).toMatchObject({
        name,
        preprocessing,
        featureShape: [1, 1, channels],
      });
      const picture = colouredPicture('blue');
      const { values, overlay, className } = await imagenet.explain(picture);
      expect([values.shape, overlay.shape, classes.includes(className)]).toEqual([
        ...[[1, 1], [32, 32, 3], true],
      ]);
      tf.dispose([picture, values, overlay]);
      imagenet.dispose();
    },
  );

  it('looks at 224 × 224 pixels, unless a size is named', async () => {
    prefer({});
    const imagenet = await loadClassifier('timm/resnet18.tv_in1k');
    expect([imagenet.inputSize, imagenet.model.inputs[0]!.shape]).toEqual([
      ...[
        [224, 224],
        [null, 224, 224, 3],
      ],
    ]);
    imagenet.dispose();
  });

  it('leaves nothing behind where weights can’t be had', async () => {
    loading.mockRejectedValue(new Error('gone'));
    await expectNoLeak(async () => {
      await expect(loadClassifier('timm/resnet18.tv_in1k', SMALL)).rejects.toThrow('gone');
    });
  });

  it.each<[LoadClassifierOptions, string]>([
    [{ classes: ['a', 'b'] }, 'classes: expected none for keras/resnet50, which has its own'],
    [{ preprocessing: 'caffe' }, 'preprocessing: expected none for keras/resnet50'],
    [{ backbone: {} as never }, 'backbone: expected none for keras/resnet50'],
    [{ inputSize: [8, 8] }, 'inputShape'],
  ])('refuses %j before anything is fetched', async (options, message) => {
    await expectNoLeak(async () => {
      await expect(loadClassifier('keras/resnet50', options)).rejects.toThrow(message);
    });
    expect(loading).not.toHaveBeenCalled();
  });
});
