import * as tf from '@tensorflow/tfjs';
import {
  attachHead,
  type Classifier,
  createClassifier,
  type Epoch,
  type ExtractProgress,
  extractFeatures,
  type Features,
  fitHead,
  type Head,
  type HeadName,
  type LabelledPicture,
  pictureBatches,
} from 'resnet-heads';
import type { Base } from './base.js';
import { BATCH_SIZE } from './cost.js';

/** Pictures of one class before one in so many is held out. */
const HOLD_OUT = 5;

export interface Parted {
  readonly learnt: readonly LabelledPicture[];
  readonly heldOut: readonly LabelledPicture[];
}

/** Holds out one picture in five of each class, none where a class has fewer. */
export function part(classes: readonly (readonly HTMLCanvasElement[])[]): Parted {
  const learnt: LabelledPicture[] = [];
  const heldOut: LabelledPicture[] = [];
  for (const [label, pictures] of classes.entries()) {
    for (const [i, picture] of pictures.entries()) {
      const side = i % HOLD_OUT === HOLD_OUT - 1 ? heldOut : learnt;
      side.push({ picture, label });
    }
  }
  return { learnt, heldOut };
}

export interface Lesson extends Parted {
  readonly base: Base;
  readonly headName: HeadName;
  readonly head: Head;
  readonly classes: readonly string[];
  readonly epochs: number;
  readonly signal: AbortSignal;
  readonly onFeatures: (progress: ExtractProgress) => void;
  readonly onEpoch: (epoch: number, logs: tf.Logs) => void;
}

export interface Learnt {
  readonly classifier: Classifier;
  readonly base: Base;
  readonly headName: HeadName;
  readonly history: readonly Epoch[];
  readonly bestEpoch: number;
  /** Frees the head, and leaves the base. */
  readonly dispose: () => void;
}

/** Few enough that the bar moves, and that a click on Cancel is heard soon. */
const EXTRACT_BATCH = 4;

/** Frees what a model has beyond its base, whose layers it shares. */
function disposeHead(model: tf.LayersModel, base: tf.LayersModel): void {
  const shared = new Set(base.layers);
  for (const layer of model.layers) if (!shared.has(layer)) layer.dispose();
}

/** Runs the base over all pictures once, then trains a head on what it saw. */
export async function learn(lesson: Lesson): Promise<Learnt> {
  const { base, head, learnt, heldOut, signal, epochs, onEpoch } = lesson;
  const { inputSize, preprocessing } = base;
  const made: Features[] = [];
  const extract = async (pictures: readonly LabelledPicture[], before: number) => {
    const options = { inputSize, preprocessing, batchSize: EXTRACT_BATCH };
    const features = await extractFeatures(base.model, pictureBatches(pictures, options), {
      head,
      signal,
      total: pictures.length,
      onProgress: (progress) => {
        const total = learnt.length + heldOut.length;
        lesson.onFeatures({ ...progress, images: before + progress.images, total });
      },
    });
    made.push(features);
    return features;
  };
  try {
    const features = await extract(learnt, 0);
    const validation =
      heldOut.length > 0 ? { validation: await extract(heldOut, learnt.length) } : {};
    const fitted = await fitHead(head, features, {
      ...validation,
      epochs,
      batchSize: BATCH_SIZE,
      classWeights: 'balanced',
      signal,
      callbacks: {
        onEpochEnd: (epoch, logs = {}) => {
          onEpoch(epoch, logs);
        },
      },
    });
    if (signal.aborted) fitted.head.dispose();
    signal.throwIfAborted();
    const model = attachHead(base.model, fitted.head);
    const classifier = createClassifier(model, {
      classes: lesson.classes,
      inputSize,
      preprocessing,
    });
    const { history, bestEpoch } = fitted;
    return {
      classifier,
      base,
      headName: lesson.headName,
      history,
      bestEpoch,
      dispose: () => {
        // TensorFlow.js frees a layer when all models that it was built into are gone.
        fitted.head.dispose();
        disposeHead(model, base.model);
      },
    };
  } finally {
    tf.dispose(made.map(({ values }) => values));
  }
}
