import { freeze, loadWeights, saveWeights } from 'resnet-heads';
import { drawWeights } from '../setup/draw';
import { expectNoLeak } from '../setup/memory';
import { miniClassifier, numbers } from '../setup/mini-resnet';

describe('weights', () => {
  it('come back bit by bit, into a frozen model too', async () => {
    await expectNoLeak(async () => {
      const drawn = miniClassifier();
      drawWeights(drawn);
      const bytes = await saveWeights(drawn);
      const model = miniClassifier();
      freeze(model);
      await loadWeights(model, bytes);
      expect(numbers(model)).toEqual(numbers(drawn));
      expect(await saveWeights(model)).toEqual(bytes);
      drawn.dispose();
      model.dispose();
    });
  });

  it('that do not fit leave the model as it was', async () => {
    await expectNoLeak(async () => {
      const [drawn, model] = [miniClassifier(), miniClassifier('v1', 3, 1)];
      drawWeights(drawn);
      const before = numbers(model);
      await expect(loadWeights(model, await saveWeights(drawn))).rejects.toThrow(
        'predictions/kernel',
      );
      expect(numbers(model)).toEqual(before);
      drawn.dispose();
      model.dispose();
    });
  });
});
