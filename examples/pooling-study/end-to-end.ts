import * as tf from '@tensorflow/tfjs';
import { type Classifier, type LabelledPicture, trainClassifier } from 'resnet-heads';
import { drawCell } from './draws.js';
import { type StudyHead, studyHeads } from './heads.js';
import { NOISE_SIZE, type Plan } from './protocol.js';
import type { Records } from './records.js';
import type { Task } from './tasks/task.js';

/** The heads that are trained together with the backbone. */
export const TRAINED_THROUGH: readonly StudyHead[] = ['pooled', 'flattened', 'dense map'];
/** The tasks that this is done on, and the number of seeds. */
export const END_TO_END = { tasks: ['digits', 'flowers'], seeds: 5 };
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

export const endToEndName = (run: Pick<EndToEndRun, 'task' | 'head' | 'seed'>): string =>
  [run.task, run.head, run.seed].join('/');

const accuracyOn = async (classifier: Classifier, pictures: readonly LabelledPicture[]) =>
  (await classifier.evaluate(pictures)).accuracy;

/** Trains heads on a frozen backbone, then all convolutions with them; what is recorded already is left out. */
export async function runEndToEnd(
  load: () => Promise<Task>,
  name: string,
  { seeds, hiddenUnits }: Plan,
  records: Records<EndToEndRun>,
  say: (line: string) => void,
): Promise<void> {
  const wanted = seeds
    .slice(0, END_TO_END.seeds)
    .flatMap((seed) => TRAINED_THROUGH.map((head) => ({ task: name, head, seed })));
  const left = wanted.filter((each) => !records.has(endToEndName(each)));
  say(`${name}, end to end: runs left: ${left.length}, done: ${wanted.length - left.length}`);
  if (left.length === 0) return;
  const task = await load();
  const [height, width] = task.backbone.inputSize;
  for (const [i, { head, seed }] of left.entries()) {
    const { train, test } = drawCell(task, { condition: 'plain', size: NOISE_SIZE, seed });
    const labelled = (pictures: Int32Array): LabelledPicture[] =>
      Array.from(pictures, (picture) => ({
        picture: tf.tensor3d(task.pictures[picture] ?? [], [height, width, 3], 'int32'),
        label: task.classes[task.labels[picture] ?? 0] ?? '',
      }));
    const [own, others] = [labelled(train), labelled(test)];
    const recipe = studyHeads(task.classes.length, hiddenUnits)[head];
    const classifier = await trainClassifier(task.backbone, own, { head: recipe, seed });
    const frozen = await accuracyOn(classifier, others);
    const { history } = await classifier.fineTune(own, {
      ...{ select: () => true, epochs: EPOCHS, learningRate: LEARNING_RATE, seed },
    });
    const tuned = await accuracyOn(classifier, others);
    const tunedOnTraining = await accuracyOn(classifier, own);
    classifier.dispose();
    tf.dispose([...own, ...others].map(({ picture }) => picture as tf.Tensor));
    const epochs = history.length;
    await records.add({
      ...{ task: name, head, seed, frozen, tuned, tunedOnTraining, epochs },
    });
    const [before, after] = [frozen, tuned].map((each) => `${(100 * each).toFixed(1)} %`);
    say(
      `${name}, end to end: ${head}, seed ${seed}: ${before}, tuned ${after}; runs left: ${left.length - i - 1}`,
    );
  }
  task.backbone.dispose();
}
