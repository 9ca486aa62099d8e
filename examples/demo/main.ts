/**
 * Puts three heads on resnet-mini and trains them on handwritten digits: what each costs, how well it does on digits that it
 * has not seen, and what a shift of the picture does to it.
 *
 *     npm run demo
 */
import * as tf from '@tensorflow/tfjs';
import {
  type Classifier,
  compareHeads,
  format,
  type HeadSpec,
  type InputSize,
  loadBackbone,
  type Picture,
  type Robustness,
  trainClassifier,
  translationRobustness,
  useFastestBackend,
} from 'resnet-heads';
import sharp from 'sharp';
import { DIGITS, digits } from './digits.js';

const TRAIN_PER_DIGIT = 40;
const UNSEEN_PER_DIGIT = 15;
/** Smaller than resnet-mini's own 96 × 96, which is enough for digits of 28 × 28. */
const INPUT_SIZE: InputSize = [64, 64];
/** Pixels of the image; 7 are 3 of a digit's own. */
const SHIFTS = [-7, 0, 7];
const MAP_FILE = 'demo-activation-map.png';
const MAP_WIDTH = 320;

/** Fewer hidden units than the default 1,024, and few epochs, so that the demo stays quick on WebAssembly. */
const HIDDEN = { hiddenUnits: 256 };
const HEADS: readonly { readonly spec: HeadSpec; readonly epochs?: number }[] = [
  { spec: 'pooled' },
  { spec: { name: 'flattened', ...HIDDEN }, epochs: 6 },
  { spec: { name: 'dense', ...HIDDEN }, epochs: 12 },
];

const OWN_PHOTOGRAPHS = `On your own photographs, one subfolder per class, in a project with resnet-heads installed:

  npx resnet-heads train photos --out my-classifier
  npx resnet-heads classify my-classifier photo.jpg`;

const say = (text: string): void => {
  console.log(text);
};
const percent = (share: number | undefined): string => `${(100 * (share ?? NaN)).toFixed(1)} %`;
const secondsSince = (begin: number): string =>
  `${((performance.now() - begin) / 1000).toFixed(1)} s`;

/** Writes what a classifier looks at in a picture, enlarged, to {@link MAP_FILE}. */
async function drawMap(classifier: Classifier, picture: Picture): Promise<void> {
  const { values, overlay } = await classifier.explain(picture);
  const [height, width, channels] = overlay.shape;
  const raw = { width, height, channels: channels as 3 };
  await sharp(Uint8Array.from(await overlay.data()), { raw })
    .resize(MAP_WIDTH)
    .toFile(MAP_FILE);
  tf.dispose([values, overlay]);
}

async function demo(): Promise<void> {
  const begin = performance.now();
  const backend = await useFastestBackend();
  const backbone = await loadBackbone('resnet-mini', { inputSize: INPUT_SIZE });
  say(`resnet-mini, trained on CIFAR-10's photographs, on the ${backend} backend\n`);

  say('1. What three heads cost on it');
  const heads = HEADS.map(({ spec }) => spec);
  const costs = await compareHeads(backbone, heads, { numClasses: DIGITS.length });
  say(`${format(costs)}\n`);

  const pictures = digits(0, TRAIN_PER_DIGIT);
  const unseen = digits(TRAIN_PER_DIGIT, UNSEEN_PER_DIGIT);
  say(
    `2. Each trained on ${pictures.length} handwritten digits, which the backbone has never seen`,
  );
  const classifiers: Classifier[] = [];
  const results: Record<string, Robustness> = {};
  for (const [i, { spec, epochs }] of HEADS.entries()) {
    const start = performance.now();
    const classifier = await trainClassifier(backbone, pictures, {
      head: spec,
      ...(epochs && { epochs }),
      validation: 0,
    });
    classifiers.push(classifier);
    const name = costs.heads[i]?.name ?? '';
    say(`  ${name}: ${percent(classifier.training?.accuracy)} in training, ${secondsSince(start)}`);
    results[name] = await translationRobustness(classifier, unseen, { shifts: SHIFTS });
  }

  say(`\n3. Accuracy on ${unseen.length} other digits, as they are and shifted`);
  say(`${format(results)}\n`);

  const [pooled] = classifiers;
  const [, , , example] = digits(TRAIN_PER_DIGIT, 1);
  if (pooled === undefined || example === undefined) throw new Error('a head and a digit');
  const [best] = await pooled.classify(example.picture, { top: 1 });
  await drawMap(pooled, example.picture);
  say(
    `4. A handwritten ${String(example.label)}: the pooled head says ${best?.className} (${percent(best?.probability)}).`,
  );
  say(`   What it looked at is drawn in ${MAP_FILE}.\n`);

  for (const classifier of classifiers) classifier.dispose();
  backbone.dispose();
  say(`${OWN_PHOTOGRAPHS}\n\nAll in ${secondsSince(begin)}.`);
}

await demo();
