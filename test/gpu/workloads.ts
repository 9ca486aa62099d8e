import * as tf from '@tensorflow/tfjs';
import {
  type Backbone,
  buildPooledResnet,
  extractFeatures,
  type Features,
  fitHead,
  type LabelledFile,
  loadBackbone,
  pooledHead,
  resnet,
} from 'resnet-heads';
import type { Engine } from '../../src/engine/engine';
import { startEngine } from '../../src/engine/start';
import { imageBatches } from '../../src/node/images/batches';
import { readImageFolder } from '../../src/node/images/folder';
import { reductionOf } from '../../src/train/extractor';
import { fineTune } from '../../src/train/fine-tune';
import { draw, drawWeights } from '../setup/draw';
import type { Subject } from './subjects';

const CLASSES = 10;
const CHANNELS = 3;
const COMPARED = 8;
const FINE_TUNED = 8;
const HEAD_IMAGES = 32;
/** So many that building the head doesn't count. */
const HEAD_EPOCHS = 20;
const PREPROCESSING = 'caffe';
const HEAD = pooledHead({ numClasses: CLASSES });

/** How much is computed: what a GPU takes, or what a software renderer can do in a minute. */
export interface Scale {
  /** Height and width of the images. */
  readonly size: number;
  readonly batches: readonly number[];
  /** JPEG files. */
  readonly pictures: number;
  readonly batchSize: number;
  /** How often each workload is timed. */
  readonly rounds: number;
}

export const SCALES = {
  full: { size: 224, batches: [1, 8, 32, 128], pictures: 512, batchSize: 32, rounds: 5 },
  small: { size: 64, batches: [1, 2], pictures: 4, batchSize: 2, rounds: 1 },
} as const satisfies Record<string, Scale>;

export type ScaleName = keyof typeof SCALES;

export interface Workload {
  readonly run: () => Promise<void>;
  /** How many of what is timed are in one run. */
  readonly steps: number;
  /** Pictures in one step; absent where a step isn't counted in pictures. */
  readonly pictures?: number;
}

const sizeOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);
const labelsOf = (images: number) => Int32Array.from({ length: images }, (_, i) => i % CLASSES);

/** A ResNet-50 whose weights are the same everywhere, and what is done with it. */
export class Works {
  readonly #backbone: Backbone;
  readonly #reduction;
  readonly #pixels: Uint8Array;
  readonly #images: readonly LabelledFile[];
  #engine: Engine | undefined;

  private constructor(
    private readonly subject: Subject,
    private readonly scale: Scale,
    backbone: Backbone,
    private readonly pictures: string,
    images: readonly LabelledFile[],
  ) {
    this.#backbone = backbone;
    this.#reduction = reductionOf(backbone.model, HEAD);
    this.#images = images;
    const count = Math.max(...scale.batches, COMPARED);
    this.#pixels = Uint8Array.from(draw('pixels', count * this.#picture, 0, 256));
  }

  /** @param pictures a folder of JPEG files, or nothing where none are read */
  static async make(subject: Subject, scale: Scale, pictures: string): Promise<Works> {
    const { images } = await readImageFolder(pictures);
    const { size } = scale;
    const base = resnet({ inputShape: [size, size, CHANNELS], weights: 'pending' });
    drawWeights(base);
    const backbone = await loadBackbone(base, { preprocessing: PREPROCESSING });
    return new Works(subject, scale, backbone, pictures, images);
  }

  get #picture(): number {
    return this.scale.size ** 2 * CHANNELS;
  }

  async #started(): Promise<Engine> {
    const { model, preprocessing } = this.#backbone;
    const task = { model, reduction: this.#reduction.model, preprocessing };
    return (this.#engine ??= await startEngine(task, this.subject.engine));
  }

  async #features(count: number): Promise<Float32Array> {
    const engine = await this.#started();
    const { size } = this.scale;
    const pixels = tf.tensor4d(new Float32Array(this.#pixels.subarray(0, count * this.#picture)), [
      count,
      size,
      size,
      CHANNELS,
    ]);
    const features = await engine.run(pixels);
    const data = await features.data<'float32'>();
    tf.dispose([pixels, features]);
    return data;
  }

  /** Features of eight images. */
  answer(): Promise<Float32Array> {
    return this.#features(COMPARED);
  }

  get workloads(): ReadonlyMap<string, Workload> {
    const { batches, pictures, batchSize } = this.scale;
    const forward = batches.map((count): [string, Workload] => [
      `forward, batch ${count}`,
      {
        run: async () => {
          await this.#features(count);
        },
        steps: 1,
        pictures: count,
      },
    ]);
    const files: [string, Workload][] = [
      [`decode ${pictures} JPEG files`, { run: () => this.#decode(), steps: 1, pictures }],
      [
        `extractFeatures, ${pictures} JPEG files, batch ${batchSize}`,
        { run: () => this.#extract(), steps: 1, pictures },
      ],
    ];
    const training: [string, Workload][] = [
      ['step of fitHead, 32 cached features', { run: () => this.#fitHead(), steps: HEAD_EPOCHS }],
      ['step of fineTune, 8 images, last stage', { run: () => this.#fineTune(), steps: 1 }],
    ];
    // The cpu backend would only time plain JavaScript.
    return new Map([...forward, ...files, ...(this.subject.backend === 'cpu' ? [] : training)]);
  }

  async #decode(): Promise<void> {
    const { size: height, size: width, batchSize } = this.scale;
    for await (const { pixels } of imageBatches(this.#images, { height, width, batchSize })) {
      pixels.dispose();
    }
  }

  async #extract(): Promise<void> {
    const { values } = await extractFeatures(this.#backbone, this.pictures, {
      head: HEAD,
      engine: this.subject.engine,
      batchSize: this.scale.batchSize,
      strict: true,
    });
    values.dispose();
  }

  async #fitHead(): Promise<void> {
    const map = this.#reduction.featureShape;
    const features: Features = {
      values: tf.tensor(draw('features', HEAD_IMAGES * sizeOf(map), 0, 1), [HEAD_IMAGES, ...map]),
      labels: labelsOf(HEAD_IMAGES),
      featureShape: map,
    };
    const { head } = await fitHead(HEAD, features, { epochs: HEAD_EPOCHS, batchSize: HEAD_IMAGES });
    head.dispose();
    features.values.dispose();
  }

  #model: tf.LayersModel | undefined;

  async #fineTune(): Promise<void> {
    const { size } = this.scale;
    const shape = [size, size, CHANNELS] as const;
    this.#model ??= buildPooledResnet({ numClasses: CLASSES, inputShape: shape, seed: 1 });
    const labels = [...labelsOf(FINE_TUNED)];
    const images = () =>
      tf.tensor4d(draw('image', FINE_TUNED * sizeOf(shape), -1, 1), [FINE_TUNED, ...shape]);
    await fineTune(this.#model, () => [{ images: images(), labels }], { epochs: 1 });
  }
}
