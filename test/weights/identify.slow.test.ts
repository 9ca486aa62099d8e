import { resnet } from 'resnet-heads';
import { DEPTHS, variantsOf } from '../../src/base/architecture';
import { weightsOf } from '../../src/model/weights';
import { identifyNumbered, identifyResnet } from '../../src/weights/identify';
import { miniResnet } from '../setup/mini-resnet';

const namesOf = (model: { layers: Parameters<typeof weightsOf>[0][]; dispose(): unknown }) => {
  const names = new Set(model.layers.flatMap(weightsOf).map(({ name }) => name));
  model.dispose();
  return names;
};

describe('identifyResnet', () => {
  it.each(DEPTHS.flatMap((depth) => variantsOf(depth).map((variant) => [depth, variant] as const)))(
    'tells a ResNet-%i %s by the names of its weights',
    (depth, variant) => {
      const model = resnet({ depth, variant, inputShape: [32, 32, 3], weights: 'pending' });
      expect(identifyResnet(namesOf(model))).toEqual({ depth, variant });
    },
  );

  it('does not take another model for one', () => {
    expect(identifyResnet(namesOf(miniResnet()))).toBeUndefined();
    expect(identifyResnet(new Set())).toBeUndefined();
    // Convolutions with a bias, as no published ResNet-18 has them.
    const names = namesOf(resnet({ depth: 18, inputShape: [32, 32, 3], weights: 'pending' }));
    expect(identifyResnet(names.add('conv1_conv/bias'))).toBeUndefined();
  });
});

describe('identifyNumbered', () => {
  it.each(DEPTHS.flatMap((depth) => variantsOf(depth).map((variant) => [depth, variant] as const)))(
    'tells a ResNet-%i %s by its convolutions, as Keras 3 numbers them',
    (depth, variant) => {
      const model = resnet({ depth, variant, inputShape: [32, 32, 3], weights: 'pending' });
      const convolutions = model.layers.filter((layer) => layer.getClassName() === 'Conv2D');
      const names = convolutions.flatMap((layer, i) =>
        layer.weights.map((_, at) => `conv2d${i === 0 ? '' : `_${i}`}/vars/${at}`),
      );
      model.dispose();
      expect(identifyNumbered(new Set(names))).toEqual({ depth, variant });
      expect(identifyNumbered(new Set([...names, 'conv2d_999/vars/0']))).toBeUndefined();
    },
  );

  it('does not take another model for one', () => {
    expect(identifyNumbered(new Set())).toBeUndefined();
    expect(identifyNumbered(namesOf(miniResnet()))).toBeUndefined();
  });
});
