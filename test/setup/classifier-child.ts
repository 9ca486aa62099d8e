import * as tf from '@tensorflow/tfjs';
import { loadClassifier as loadFromUrl } from 'resnet-heads';
import { loadClassifier } from 'resnet-heads/node';

// Loads a classifier by its address, as pages and scripts do, in a process of its own: under jest, the lists
// of an answer's JSON come from another realm, and TensorFlow.js doesn't know them for lists.
const [, , url = ''] = process.argv;
const answers = [];
for (const load of [loadFromUrl, loadClassifier]) {
  const before = tf.memory().numTensors;
  let classifier;
  try {
    classifier = await load(url);
  } catch (error) {
    const { name, message } = error as Error;
    answers.push({ name, message, left: tf.memory().numTensors - before });
    continue;
  }
  const image = tf.randomUniform<tf.Rank.R3>([32, 32, 3], 0, 255, 'int32', 1);
  answers.push({ metadata: classifier.metadata, classes: await classifier.classify(image) });
}
process.stdout.write(`\n${JSON.stringify(answers)}`);
