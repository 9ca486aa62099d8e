import { loadBackbone, trainClassifier } from 'resnet-heads';

// program
const backbone = await loadBackbone('keras/resnet50');
const classifier = await trainClassifier(backbone, 'photos', { head: 'pooled' });
await classifier.fineTune('photos');
console.log((await classifier.evaluate('photos/val')).accuracy);
await classifier.save('my-classifier');
// end
