/**
 * Compares the three heads on one frozen backbone, on real pictures: what they cost, and how well they do on pictures that
 * training has not seen. Then trains one of them, and shows what it makes of such pictures.
 *
 *     npm run demo
 *     npm run demo -- FOLDER
 *     npm run demo -- FOLDER --backbone MODEL --preprocessing tf
 */
import { relative } from 'node:path';
import { Command, Option } from 'commander';
import {
  type Backbone,
  compareHeads,
  type Evaluation,
  format,
  type HeadName,
  type InputSize,
  loadBackbone,
  type Preprocessing,
  type Progress,
  trainClassifier,
  useFastestBackend,
} from 'resnet-heads';
import { digits } from './digits.js';
import { randomBackbone } from './random-backbone.js';

interface Flags {
  readonly backbone?: string;
  readonly preprocessing?: Preprocessing;
  readonly head: HeadName;
}

const HEADS: readonly HeadName[] = ['pooled', 'flattened', 'dense'];
/** A twelfth of the work that pictures of 224 × 224 take. */
const INPUT_SIZE: InputSize = [64, 64];
const EPOCHS = 15;
const [TRAIN_PER_DIGIT, UNSEEN_PER_DIGIT] = [30, 15];
/** Pictures that are shown of a class, and in all. */
const [SHOWN_PER_CLASS, SHOWN] = [2, 20];
/** Where nobody answers, a demonstration shouldn't keep its user waiting for long. */
const PATIENCE = { retries: 1, timeoutMs: 10_000 };

const say = (text: string): void => {
  console.log(text);
};

/** One line that counts up on a terminal; in a log, a line at the end. */
function onProgress({ label, done, total, unit }: Progress): void {
  const isDone = done === total;
  const text = `  ${label}: ${done} of ${total ?? 'an unknown number of'} ${unit}`;
  if (process.stderr.isTTY) process.stderr.write(`\r${text}${isDone ? '\n' : ''}`);
  else if (isDone) console.error(text);
}

/** The user's own backbone, else a ResNet-50 with ImageNet's weights, else a random one. */
async function openBackbone({ backbone: own, preprocessing }: Flags): Promise<Backbone> {
  if (own !== undefined) {
    return loadBackbone(own, { onProgress, ...(preprocessing && { preprocessing }) });
  }
  try {
    const options = { inputSize: INPUT_SIZE, onProgress, ...PATIENCE };
    return await loadBackbone('keras/resnet50', options);
  } catch (error) {
    if (!(error instanceof Error && error.name === 'WeightsError')) throw error;
    say(
      "ImageNet's weights can't be fetched: the ResNet-50 has RANDOM ones, so expect low accuracy.",
    );
    return randomBackbone(INPUT_SIZE);
  }
}

/** Some pictures of each class, and what they were taken for. */
function describePictures({ truth, predicted, paths, classes }: Evaluation, root = ''): string {
  const nameOf = (label: number | undefined) => classes[label ?? -1]?.name ?? '';
  const ofClass = classes.map((_, label) => truth.flatMap((own, i) => (own === label ? [i] : [])));
  const shown = ofClass.flatMap((own) => own.slice(0, SHOWN_PER_CLASS)).slice(0, SHOWN);
  const lines = shown.map((i) => {
    const path = paths?.[i];
    const picture = path === undefined ? `picture ${i}` : relative(root, path);
    const mark = truth[i] === predicted[i] ? 'right' : 'WRONG';
    return `  ${mark}  ${picture}: is ${nameOf(truth[i])}, taken for ${nameOf(predicted[i])}`;
  });
  return lines.join('\n');
}

async function demo(folder: string | undefined, flags: Flags): Promise<void> {
  const begin = performance.now();
  say(`TensorFlow.js computes on its backend "${await useFastestBackend()}".`);
  const backbone = await openBackbone(flags);
  const unseen = digits(TRAIN_PER_DIGIT, UNSEEN_PER_DIGIT);
  const pictures = folder ?? digits(0, TRAIN_PER_DIGIT);
  const options = {
    epochs: EPOCHS,
    onProgress,
    ...(folder === undefined && { validation: unseen }),
  };

  say(`\nThree heads on ${backbone.name}, each trained on the same features`);
  const comparison = await compareHeads(backbone, HEADS, { pictures, ...options });
  say(format(comparison));

  say(`\nThe ${flags.head} head as a classifier, on pictures that it was not trained on`);
  const classifier = await trainClassifier(backbone, pictures, { head: flags.head, ...options });
  // Of a folder, those that training held out.
  const evaluation = await classifier.evaluate(folder ?? unseen, { onProgress });
  say(`${format(evaluation)}\n\n${describePictures(evaluation, folder)}`);
  classifier.dispose();
  backbone.dispose();
  say(`\nAll in ${((performance.now() - begin) / 1000).toFixed(0)} s.`);
}

const program = new Command('npm run demo --')
  .description('The three heads on one frozen backbone, on real pictures.')
  .argument('[folder]', 'your own pictures, one subfolder per class (default: handwritten digits)')
  .option('--backbone <source>', "a model or weight file (default: ImageNet's ResNet-50)")
  .option('--preprocessing <mode>', 'how that backbone wants its pixels: caffe, torch or tf')
  .addOption(
    new Option('--head <name>', 'the head of the classifier').choices(HEADS).default('pooled'),
  )
  .action(demo);

program.parseAsync().catch((error: unknown) => {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
