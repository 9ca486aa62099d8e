import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import * as tf from '@tensorflow/tfjs';
import {
  attachHead,
  type Backbone,
  type Classifier,
  type Features,
  loadBackbone,
  loadClassifier,
  type PictureBatch,
  pooledHead,
  saveWeights,
  translationRobustness,
  type Robustness,
} from 'resnet-heads';
import { miniResnet } from '../setup/mini-resnet';
import { free } from './check';

export const CLASSES = ['a', 'b', 'c'];
export const LABELS = [0, 1, 2];
export const WRONG_LABELS = [0, 1, 3];
export const HEAD = pooledHead({ numClasses: CLASSES.length });
export const OPTIONS = { classes: CLASSES, preprocessing: 'tf' } as const;
/** In place of an argument. */
export const none = {} as never;

/** A new one, for what changes or frees it. */
export const makeModel = (): tf.LayersModel => attachHead(miniResnet('v1', 1), HEAD, { seed: 1 });
export const makeClassifier = (): Promise<Classifier> => loadClassifier(makeModel(), OPTIONS);
export const makeBackbone = (variant: 'v1' | 'v1.5' = 'v1', seed = 1): Promise<Backbone> =>
  loadBackbone(miniResnet(variant, seed), { preprocessing: 'tf' });

/** Of any size; by default of that of the models. */
export const drawImages = (count = 3, size = 32): tf.Tensor4D =>
  tf.randomUniform([count, size, size, 3], 0, 255, 'float32', 1);

/** Batches such as users write: their images are whoever asks for them’s to dispose. */
export function* batches(...labels: readonly (readonly number[])[]): Generator<PictureBatch> {
  for (const each of labels) yield { images: drawImages(3, 40), labels: each };
}

/** What a base with a map of [1, 1, 64] makes of images. */
export const makeFeatures = (labels: readonly number[] = [0, 1, 2, 0, 1, 2]): Features => ({
  values: tf.randomUniform([6, 1, 1, 64], 0, 1, 'float32', 1),
  labels: Int32Array.from(labels),
  featureShape: [1, 1, 64],
});

/** What all calls share, and none changes. */
class Fixtures {
  readonly folder = mkdtempSync(join(tmpdir(), 'resnet-heads-leaks-'));
  base!: tf.LayersModel;
  backbone!: Backbone;
  otherBackbone!: Backbone;
  model!: tf.LayersModel;
  classifier!: Classifier;
  images!: tf.Tensor4D;
  picture!: tf.Tensor3D;
  /** Two pictures of each class in hand. */
  inHand!: readonly { readonly picture: tf.Tensor3D; readonly label: string }[];
  features!: Features;
  weights!: Uint8Array;
  robustness!: Robustness;

  /** A path in a folder of its own. */
  at(name: string): string {
    return join(this.folder, name);
  }

  async make(): Promise<void> {
    for (const [label, name] of CLASSES.entries()) {
      mkdirSync(join(this.at('pictures'), name), { recursive: true });
      for (let i = 0; i < 3; i++) {
        const background = { r: label * 100, g: i * 50, b: 0 };
        const picture = sharp({ create: { width: 40, height: 36, channels: 3, background } });
        await picture.png().toFile(join(this.at('pictures'), name, `${i}.png`));
      }
    }
    writeFileSync(this.at('file'), 'not what anyone looks for');
    mkdirSync(this.at('empty'));
    this.backbone = await makeBackbone();
    this.base = this.backbone.model;
    this.otherBackbone = await makeBackbone('v1.5', 2);
    this.classifier = await makeClassifier();
    this.model = this.classifier.model;
    this.images = drawImages();
    this.picture = tf.randomUniform<tf.Rank.R3>([40, 36, 3], 0, 255, 'int32', 1);
    this.inHand = [...CLASSES, ...CLASSES].map((label) => {
      return { picture: this.picture.clone(), label };
    });
    this.features = makeFeatures();
    this.weights = await saveWeights(this.model);
    writeFileSync(this.at('weights.safetensors'), this.weights);
    await this.classifier.save(this.at('saved'));
    await this.classifier.save(this.at('head'), { scope: 'head' });
    const batch = { images: this.images, labels: LABELS };
    this.robustness = await translationRobustness(this.classifier, [batch], { shifts: [0, 1] });
  }

  dispose(): void {
    for (const each of [this.backbone, this.otherBackbone, this.classifier]) each.dispose();
    free(this.images, this.picture, this.features.values);
    free(...this.inHand.map(({ picture }) => picture));
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A copy of the saved classifier with something in a file of it changed. */
  damaged(name: string, file: string, change: (text: string) => string): string {
    const place = this.at(name);
    cpSync(this.at('saved'), place, { recursive: true });
    const before = readFileSync(join(place, file)).toString();
    const after = change(before);
    if (after === before) throw new Error(`nothing to change in ${file}`);
    writeFileSync(join(place, file), after);
    return place;
  }
}

export const shared = new Fixtures();
beforeAll(() => shared.make());
afterAll(() => {
  shared.dispose();
});
