import { buildPooledResnet, loadWeights } from 'resnet-heads';

// program
const model = buildPooledResnet({ numClasses: 10 });
await loadWeights(model, 'keras/resnet50', { scope: 'base' });
// end

console.log(model.countParams());
