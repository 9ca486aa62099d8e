import * as tf from '@tensorflow/tfjs';
import { loadClassifier } from '../../src/index.js';
import { provideNode } from '../../src/node/provide.js';

// Loads a classifier by its address, as pages and scripts do, in a process of its own: under jest, the lists
// of an answer's JSON come from another realm, and TensorFlow.js doesn't know them for lists.
const [, , url = ''] = process.argv;
const answers = [];
for (const prepare of [() => undefined, provideNode]) {
  prepare();
  const before = tf.memory().numTensors;
  let classifier;
  try {
    classifier = await loadClassifier(url, { engine: 'layers' });
  } catch (error) {
    const { name, message } = error as Error;
    answers.push({ name, message, left: tf.memory().numTensors - before });
    continue;
  }
  const image = tf.randomUniform<tf.Rank.R3>([32, 32, 3], 0, 255, 'int32', 1);
  const { classes, inputSize, preprocessing } = classifier;
  answers.push({ classes, inputSize, preprocessing, found: await classifier.classify(image) });
}
process.stdout.write(`\n${JSON.stringify(answers)}`);
