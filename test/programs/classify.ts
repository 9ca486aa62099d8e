import { loadClassifier } from 'resnet-heads';

// program
const imagenet = await loadClassifier('keras/resnet50');
console.log(await imagenet.classify('cat.jpg', { top: 5 }));
// end
