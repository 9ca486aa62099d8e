import { freeze, loadWeights, saveWeights } from 'resnet-heads';
import outputs from '../../goldens/weights/outputs.json';
import { drawWeights } from '../../setup/draw';
import { reload } from '../../setup/reload';
import type { Case } from './case';
import { answerToDrawn, changed, miniClassifier, numbersOf, withDrawn } from './models';

const SHAPE = [32, 32, 3];

/** Files of scripts/goldens/weight_fixtures.py, and what their writer's own library answers. */
const FILES = [
  ['keras2-weights.h5', 'v1', outputs.v1],
  ['keras3-legacy-model.h5', 'v1', outputs.v1],
  ['keras3.weights.h5', 'v1', outputs.v1],
  ['keras3.keras', 'v1', outputs.v1],
  ['torch-v15.safetensors', 'v1.5', outputs.v15],
  ['torch-v15-f16.safetensors', 'v1.5', outputs['v15-f16']],
] as const;

export const weighing: readonly Case[] = [
  ...FILES.map(([file, variant, golden]): Case => ({
    name: `load ${file}, against ${variant === 'v1' ? 'Keras' : 'torch'}`,
    run: async (check, surroundings) => {
      const model = await miniClassifier(surroundings, variant);
      const { params } = await loadWeights(model, await surroundings.read(file));
      check.same(params, model.countParams(), 'parameters loaded');
      check.close(await answerToDrawn(model, SHAPE), golden.probabilities);
      model.dispose();
    },
  })),
  {
    name: 'save and load weights, bit for bit, frozen too',
    run: async (check, surroundings) => {
      const drawn = await miniClassifier(surroundings);
      drawWeights(drawn);
      const bytes = await saveWeights(drawn);
      const model = await miniClassifier(surroundings);
      freeze(model);
      await loadWeights(model, bytes);
      check.same(changed(await numbersOf(drawn), await numbersOf(model)), []);
      check.same([...(await saveWeights(model))], [...bytes], 'bytes');
      drawn.dispose();
      model.dispose();
    },
  },
  {
    name: 'refuse weights of another model, and stay as it was',
    run: (check, surroundings) =>
      miniClassifier(surroundings).then((model) =>
        withDrawn(model, async () => {
          const before = await numbersOf(model);
          const bytes = await surroundings.read('torch-v15.safetensors');
          await check.fails(() => loadWeights(model, bytes), "variant: 'v1.5'");
          check.same(changed(before, await numbersOf(model)), []);
        }),
      ),
  },
  {
    name: 'save and load a model, bit for bit',
    run: (check, surroundings) =>
      miniClassifier(surroundings).then((model) =>
        withDrawn(model, async () => {
          const loaded = await reload(model);
          check.same(changed(await numbersOf(model), await numbersOf(loaded)), []);
          check.close(await answerToDrawn(loaded, SHAPE), outputs.v1.probabilities);
          loaded.dispose();
        }),
      ),
  },
];
