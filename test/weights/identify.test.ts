import { resnet } from 'resnet-heads';
import { DEPTHS, VARIANTS } from '../../src/base/architecture';
import { weightsOf } from '../../src/model/weights';
import { identifyResnet } from '../../src/weights/identify';
import { miniResnet } from '../setup/mini-resnet';

const namesOf = (model: { layers: Parameters<typeof weightsOf>[0][]; dispose(): unknown }) => {
  const names = new Set(model.layers.flatMap(weightsOf).map(({ name }) => name));
  model.dispose();
  return names;
};

describe('identifyResnet', () => {
  it.each(DEPTHS.flatMap((depth) => VARIANTS.map((variant) => [depth, variant] as const)))(
    'tells a ResNet-%i %s by the names of its weights',
    (depth, variant) => {
      const model = resnet({ depth, variant, inputShape: [32, 32, 3], weights: 'pending' });
      expect(identifyResnet(namesOf(model))).toEqual({ depth, variant });
    },
  );

  it('does not take another model for one', () => {
    expect(identifyResnet(namesOf(miniResnet()))).toBeUndefined();
    expect(identifyResnet(new Set())).toBeUndefined();
  });
});
