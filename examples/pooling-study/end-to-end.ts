import * as tf from '@tensorflow/tfjs';
import { type Classifier, type LabelledPicture, trainClassifier } from 'resnet-heads';
import { drawCell } from './draws.js';
import { type StudyHead, studyHeads } from './heads.js';
import { NOISE_SIZE, type Plan } from './protocol.js';
import type { Task } from './tasks/task.js';

/** The heads that are trained together with the backbone. */
export const TRAINED_THROUGH: readonly StudyHead[] = ['pooled', 'flattened', 'dense map'];
const EPOCHS = 15;
/** A tenth of Adam's usual rate: the backbone has been trained before. */
const LEARNING_RATE = 1e-4;

/** A head on a frozen backbone, and the two trained on together. */
export interface EndToEndRun {
  readonly task: string;
  readonly head: StudyHead;
  readonly seed: number;
  /** Accuracy on test pictures. */
  readonly frozen: number;
  readonly tuned: number;
  readonly tunedOnTraining: number;
  readonly epochs: number;
}

const accuracyOn = async (classifier: Classifier, pictures: readonly LabelledPicture[]) =>
  (await classifier.evaluate(pictures)).accuracy;

/** Trains heads on a frozen backbone, then all convolutions with them. */
export async function runEndToEnd(
  task: Task,
  { seeds, hiddenUnits }: Plan,
  say: (line: string) => void,
): Promise<EndToEndRun[]> {
  const [height, width] = task.backbone.inputSize;
  const runs: EndToEndRun[] = [];
  for (const seed of seeds) {
    const { train, test } = drawCell(task, { condition: 'plain', size: NOISE_SIZE, seed });
    const labelled = (pictures: Int32Array): LabelledPicture[] =>
      Array.from(pictures, (picture) => ({
        picture: tf.tensor3d(task.pictures[picture] ?? [], [height, width, 3], 'int32'),
        label: task.classes[task.labels[picture] ?? 0] ?? '',
      }));
    const [own, others] = [labelled(train), labelled(test)];
    for (const head of TRAINED_THROUGH) {
      const recipe = studyHeads(task.classes.length, hiddenUnits)[head];
      const classifier = await trainClassifier(task.backbone, own, { head: recipe, seed });
      const frozen = await accuracyOn(classifier, others);
      const { history } = await classifier.fineTune(own, {
        ...{ select: () => true, epochs: EPOCHS, learningRate: LEARNING_RATE, seed },
      });
      const run = {
        ...{ task: task.name, head, seed, frozen, tuned: await accuracyOn(classifier, others) },
        ...{ tunedOnTraining: await accuracyOn(classifier, own), epochs: history.length },
      };
      classifier.dispose();
      runs.push(run);
      say(`${task.name}: ${head}, seed ${seed}: ${JSON.stringify(run)}`);
    }
    tf.dispose([...own, ...others].map(({ picture }) => picture as tf.Tensor));
  }
  return runs;
}
