import { compareHeads, format, type Head, loadBackbone } from 'resnet-heads';

const backbone = await loadBackbone('keras/resnet50');
const myHead: Head = {
  name: 'mine',
  apply: (layers, features) =>
    layers.dense({ name: 'scores', units: 2, activation: 'softmax' })(
      layers.globalMaxPooling2d({ name: 'max' })(features),
    ),
};

// program
const flattened = { name: 'flattened', hiddenUnits: 64 } as const;
const comparison = await compareHeads(backbone, ['pooled', flattened, 'dense', myHead], {
  pictures: 'photos',
});
console.log(format(comparison));
// end
