import { loadBackbone, trainClassifier } from 'resnet-heads';

const img = document.querySelector('img')!;
const canvas = document.querySelector('canvas')!;
const video = document.querySelector('video')!;

// program
const own = await loadBackbone('/mobilenet/model.json', { preprocessing: 'tf' });
const inPage = await trainClassifier(own, [
  { picture: img, label: 'cat' },
  { picture: canvas, label: 'dog' },
]);
const [best] = await inPage.classify(video);
// end

document.title = `${best?.className ?? ''} of ${inPage.classes.join(', ')}`;
