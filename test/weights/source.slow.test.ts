import type * as tf from '@tensorflow/tfjs';
import { createHash } from 'node:crypto';
import {
  buildFlattenedResnet,
  buildPooledResnet,
  loadWeights,
  pretrainedWeights,
  resnet,
  saveWeights,
} from 'resnet-heads';
import { resolvePretrained } from '../../src/weights/resolve-pretrained';
import { messageOf } from '../setup/memory';
import { miniClassifier, numbers } from '../setup/mini-resnet';
import { file, status, weightServer, type WeightServer } from '../setup/weight-server';

const TINY = [32, 32, 3];
const published = (name: string) => pretrainedWeights().find((each) => each.name === name)!;

describe('weights by URL', () => {
  let host: WeightServer;
  beforeEach(async () => {
    host = await weightServer();
  });
  afterEach(() => host.close());

  it('are fetched, checked and reported', async () => {
    const [drawn, model] = [miniClassifier('v1', 10, 1), miniClassifier('v1', 10, 2)];
    const bytes = await saveWeights(drawn);
    const hex = createHash('sha256').update(bytes).digest('hex');
    host.answer(file(bytes));
    for (const source of [host.url, new URL(host.url)]) {
      const report = await loadWeights(model, source, { integrity: { algorithm: 'sha256', hex } });
      expect(report).toMatchObject({
        source: host.url,
        sha256: hex,
        verified: { algorithm: 'sha256', hex },
      });
      expect(numbers(model)).toEqual(numbers(drawn));
    }
    drawn.dispose();
    model.dispose();
  });

  it('leave the model as it was where they are not what they should be', async () => {
    const model = miniClassifier('v1', 10, 2);
    const before = numbers(model);
    const bytes = await saveWeights(model);
    const integrity = { algorithm: 'md5', hex: '0'.repeat(32) } as const;
    host.answer(file(bytes), status(404));
    await expect(loadWeights(model, host.url, { integrity })).rejects.toThrow(
      `${host.url}: expected md5 ${integrity.hex}, got `,
    );
    await expect(loadWeights(model, host.url)).rejects.toThrow(
      `${host.url}: expected the file, got status 404`,
    );
    expect(numbers(model)).toEqual(before);
    model.dispose();
  });

  it('by name come from a mirror, go into the base, and say how to scale pictures', async () => {
    const trained = resnet({ inputShape: TINY, variant: 'v1.5', seed: 1 });
    const model = buildPooledResnet({
      numClasses: 2,
      inputShape: TINY,
      variant: 'v1.5',
      weights: 'pending',
    });
    const paths: (string | undefined)[] = [];
    const answer = file(await saveWeights(trained));
    host.answer((request, response) => {
      paths.push(request.url);
      answer(request, response);
    });
    const mirror = new URL('/mirror/', host.url).href;
    const report = await loadWeights(model, 'timm/resnet50.tv_in1k', { mirror });
    expect(paths).toEqual(['/mirror/timm/resnet50.tv_in1k/resolve/main/model.safetensors']);
    expect(report).toMatchObject({ scope: 'base', preprocessing: 'torch', unused: [] });
    expect(report.verified).toBeUndefined();
    const kernel = (of: tf.LayersModel) =>
      of.getLayer('conv5_block3_3_conv').getWeights()[0]!.dataSync();
    expect(kernel(model)).toEqual(kernel(trained));
    trained.dispose();
    model.dispose();
  });

  it('by name are held to their publisher’s hash', async () => {
    const model = resnet({ inputShape: TINY, weights: 'pending' });
    host.answer(file(new Uint8Array(10)));
    await expect(
      loadWeights(model, 'imagenet', { mirror: new URL('/', host.url).href }),
    ).rejects.toThrow(
      /resnet50_weights_tf_dim_ordering_tf_kernels_notop\.h5: expected md5 4d473c1dd8becc155b73f8504c6f6626, got [0-9a-f]{32} of 10 bytes; /,
    );
    model.dispose();
  });
});

describe('a name', () => {
  const resolve = (model: tf.LayersModel, name: string, options = {}) => {
    const result = messageOf(() => resolvePretrained(model, name, options));
    const resolved =
      result === 'nothing was thrown' ? resolvePretrained(model, name, options) : result;
    model.dispose();
    return resolved;
  };
  const base = (depth: 18 | 34 | 50 | 101 | 152, variant: 'v1' | 'v1.5' = 'v1') =>
    resnet({ depth, variant, inputShape: TINY, weights: 'pending' });
  const keras = 'https://storage.googleapis.com/tensorflow/keras-applications/resnet';

  it.each([50, 101, 152] as const)(
    'imagenet stands for Keras’s file of the model’s depth, %i',
    (depth) => {
      expect(resolve(base(depth), 'imagenet')).toEqual({
        url: `${keras}/resnet${depth}_weights_tf_dim_ordering_tf_kernels_notop.h5`,
        integrity: published(`keras/resnet${depth}`).withoutTop!.integrity,
        preprocessing: 'caffe',
        scope: 'base',
      });
    },
  );

  it.each([
    [18, 'resnet18.a1_in1k'],
    [34, 'resnet34.a1_in1k'],
    [50, 'resnet50.a1_in1k'],
  ] as const)('imagenet stands for timm’s A1 weights as v1.5 at depth %i', (depth, file) => {
    const expected = {
      url: `https://huggingface.co/timm/${file}/resolve/main/model.safetensors`,
      preprocessing: 'torch',
    };
    expect(resolve(base(depth, 'v1.5'), 'imagenet')).toEqual({ ...expected, scope: 'base' });
    const whole = resnet({
      depth,
      variant: 'v1.5',
      includeTop: true,
      inputShape: TINY,
      weights: 'pending',
    });
    expect(resolve(whole, 'imagenet')).toEqual({ ...expected, scope: 'all' });
  });

  it('is for the base alone where a head’s last layer happens to be as large as ImageNet’s top', () => {
    const model = buildFlattenedResnet({
      depth: 18,
      numClasses: 1000,
      hiddenUnits: 512,
      inputShape: TINY,
      weights: 'pending',
    });
    expect(model.getLayer('predictions').weights[0]!.shape).toEqual([512, 1000]);
    expect(resolve(model, 'imagenet')).toMatchObject({ scope: 'base' });
  });

  it('stands for the file with its top where the model has ImageNet’s, and for the base where asked', () => {
    const whole = () => resnet({ includeTop: true, inputShape: TINY, weights: 'pending' });
    expect(resolve(whole(), 'imagenet')).toMatchObject({
      url: `${keras}/resnet50_weights_tf_dim_ordering_tf_kernels.h5`,
      scope: 'all',
    });
    expect(resolve(whole(), 'imagenet', { scope: 'base' })).toMatchObject({
      url: `${keras}/resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5`,
      scope: 'base',
    });
  });

  it('is refused where it is for another ResNet, or for none', () => {
    expect(resolve(base(50), 'keras/resnet101')).toBe(
      'ArgumentError: source: expected weights for a ResNet-50 v1, got "keras/resnet101"; known names: "keras/resnet50"',
    );
    expect(resolve(base(34, 'v1.5'), 'timm/resnet50.tv_in1k')).toBe(
      'ArgumentError: source: expected weights for a ResNet-34 v1.5, got "timm/resnet50.tv_in1k"; known names: "timm/resnet34.a1_in1k", "timm/resnet34.tv_in1k"',
    );
    expect(resolve(miniClassifier(), 'imagenet')).toBe(
      "ArgumentError: model: expected a ResNet with Keras's layer names, got mini_pooled; for other models, load weights from a URL or a file",
    );
  });
});
