import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { exportOnnx, loadBackbone, trainClassifier } from 'resnet-heads';
import { colouredPicture, colouredPictures } from '../setup/coloured-pictures';
import { ANSWERS, CLASSIFIER, type OnnxAnswers, SEED } from './onnx-facts';

/** Writes a classifier on an ONNX backbone, and what onnxruntime-node answers with it. */
export async function writeOnnxClassifier(folder: string): Promise<void> {
  const mini = await loadBackbone('resnet-mini');
  const { preprocessing, inputSize } = mini;
  const file = await exportOnnx(mini.model);
  mini.dispose();
  const backbone = await loadBackbone(file, { preprocessing, inputSize });
  const pictures = colouredPictures(4, ['red', 'green']);
  const classifier = await trainClassifier(backbone, pictures, { l2: 1 });
  mkdirSync(join(folder, CLASSIFIER));
  await classifier.save(join(folder, CLASSIFIER));
  const picture = colouredPicture('red', SEED);
  const found = await classifier.classify(picture);
  const { values, overlay } = await classifier.explain(picture, { className: 'red' });
  const of = new Map(found.map(({ className, probability }) => [className, probability]));
  const answers: OnnxAnswers = {
    probabilities: classifier.classes.map((name) => of.get(name)!),
    map: [...(await values.data())],
  };
  writeFileSync(join(folder, ANSWERS), JSON.stringify(answers));
  tf.dispose([picture, values, overlay, ...pictures.map((each) => each.picture)]);
  classifier.dispose();
  backbone.dispose();
}
