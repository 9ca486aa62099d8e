import * as tf from '@tensorflow/tfjs';
import { buildPooledResnet, type Features, fineTune, fitHead, pooledHead } from 'resnet-heads';
import { draw, drawWeights } from '../setup/draw';

const CLASSES = 10;
const SIZE = 224;
const CHANNELS = 3;
/** Of a ResNet-50's features at that size. */
const MAP = [7, 7, 2048];
/** As many as `predict` takes at once. */
const IMAGES = 32;
const COMPARED = 8;
const FINE_TUNED = 8;
/** So many that building the head doesn't count. */
const HEAD_EPOCHS = 20;

interface Workload {
  readonly run: () => Promise<void>;
  /** How many of what is timed are in one run. */
  readonly steps: number;
}

const sizeOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);
const labelsOf = (images: number) => Int32Array.from({ length: images }, (_, i) => i % CLASSES);

/** What is compared and timed: a ResNet-50 with a pooled head at 224 × 224, whose weights are the same everywhere. */
export class Subject {
  readonly #model = buildPooledResnet({
    numClasses: CLASSES,
    inputShape: [SIZE, SIZE, CHANNELS],
    weights: 'pending',
  });
  readonly #images = tf.tensor4d(draw('image', IMAGES * SIZE * SIZE * CHANNELS, -1, 1), [
    IMAGES,
    SIZE,
    SIZE,
    CHANNELS,
  ]);
  readonly #features: Features = {
    values: tf.tensor(draw('features', IMAGES * sizeOf(MAP), 0, 1), [IMAGES, ...MAP]),
    labels: labelsOf(IMAGES),
    featureShape: MAP,
  };

  readonly workloads: Readonly<Record<string, Workload>> = {
    'forward, 1 image': this.#forward(1),
    'forward, 8 images': this.#forward(8),
    'forward, 32 images': this.#forward(IMAGES),
    'step of fitHead, 32 cached features': { run: () => this.#fitHead(), steps: HEAD_EPOCHS },
    'step of fineTune, 8 images, last stage': { run: () => this.#fineTune(), steps: 1 },
  };

  constructor() {
    drawWeights(this.#model);
  }

  /** Scores of eight images, before any training. */
  async answer(): Promise<Float32Array> {
    return this.#predict(this.#first(COMPARED));
  }

  #first(images: number): tf.Tensor4D {
    return this.#images.slice(0, images);
  }

  async #predict(batch: tf.Tensor4D): Promise<Float32Array> {
    const scores = this.#model.predict(batch) as tf.Tensor;
    try {
      // Waits for the device.
      return await scores.data<'float32'>();
    } finally {
      scores.dispose();
    }
  }

  #forward(images: number): Workload {
    const batch = this.#first(images);
    const run = async () => {
      await this.#predict(batch);
    };
    return { run, steps: 1 };
  }

  async #fitHead(): Promise<void> {
    const options = { epochs: HEAD_EPOCHS, batchSize: IMAGES };
    const { head } = await fitHead(pooledHead({ numClasses: CLASSES }), this.#features, options);
    head.dispose();
  }

  async #fineTune(): Promise<void> {
    const labels = [...labelsOf(FINE_TUNED)];
    const batches = () => [{ images: this.#first(FINE_TUNED), labels }];
    await fineTune(this.#model, batches, { epochs: 1 });
  }
}
