import * as tf from '@tensorflow/tfjs';
import { type Backbone, backboneOf, type InputSize } from '../backbone/backbone.js';
import { type Preprocessing, preprocess } from '../base/preprocess.js';
import { reject, requireOptions, requirePositiveInteger, showList } from '../errors.js';
import { imageProbabilities, readScores, type ScoreKind, scoreKindOf } from '../model/scores.js';
import { baseOf } from '../model/split.js';
import { decodePicture } from '../pictures/decode.js';
import type { ImageFormat } from '../pictures/set.js';
import type { Picture, Pictures } from '../pictures/types.js';
import type { Epoch } from '../train/checkpoint.js';
import type { Outcome } from '../train/training-loop.js';
import type { FineTuneOptions } from './fine-tune.js';
import { type ClassifierMetadata, requireFit, VERSION } from './metadata.js';
import { classifierFolders } from './node.js';
import { disposeOwned, headed, type Owned, release } from './owned.js';
import type { PictureRecord } from './picture-record.js';
import type {
  Classification,
  Classifier,
  EvaluateOptions,
  Evaluation,
  ExplainOptions,
  SaveOptions,
  Training,
} from './types.js';

/** What a classifier is made of. */
export interface Made {
  readonly classes: readonly string[];
  readonly format: ImageFormat;
  /** Of the backbone, for people. */
  readonly name: string;
  readonly record?: PictureRecord | undefined;
  readonly training?: Training;
}

class ModelClassifier implements Classifier {
  private readonly scoreKind: ScoreKind;
  private view: Backbone | undefined;
  private record: PictureRecord | undefined;
  private epochs: readonly Epoch[];

  constructor(
    private owned: Owned,
    private readonly made: Made,
  ) {
    this.scoreKind = scoreKindOf('model', owned.model);
    this.record = made.record;
    this.epochs = made.training?.history ?? [];
  }

  get classes(): readonly string[] {
    return this.made.classes;
  }

  get history(): readonly Epoch[] {
    return this.epochs;
  }

  get training(): Training | undefined {
    return this.made.training;
  }

  get inputSize(): InputSize {
    return this.made.format.inputSize;
  }

  get preprocessing(): Preprocessing {
    return this.made.format.preprocessing;
  }

  get model(): tf.LayersModel {
    return this.owned.model;
  }

  get backbone(): Backbone {
    if (this.owned.kind === 'headed') return this.owned.backbone;
    const { format, name } = this.made;
    this.view ??= backboneOf(baseOf(this.owned.model), { ...format, name });
    return this.view;
  }

  async classify(picture: Picture, options?: { readonly top?: number }): Promise<Classification[]>;
  async classify(
    pictures: readonly Picture[],
    options?: { readonly top?: number },
  ): Promise<Classification[][]>;
  async classify(
    pictures: Picture | readonly Picture[],
    options: { readonly top?: number } = {},
  ): Promise<Classification[] | Classification[][]> {
    requireOptions('options', options);
    const { top = this.classes.length } = options;
    requirePositiveInteger('top', top);
    if (!Array.isArray(pictures)) return this.classifyOne(pictures as Picture, top);
    const found: Classification[][] = [];
    for (const picture of pictures as readonly Picture[]) {
      found.push(await this.classifyOne(picture, top));
    }
    return found;
  }

  private async classifyOne(picture: Picture, top: number): Promise<Classification[]> {
    const pixels = await decodePicture(picture, this.made.format.inputSize);
    return this.name(pixels, top).finally(() => {
      pixels.dispose();
    });
  }

  private async name(pixels: tf.Tensor4D, top: number): Promise<Classification[]> {
    const answer = tf.tidy(() => {
      const images = preprocess(pixels, this.made.format.preprocessing);
      return imageProbabilities(this.model.predict(images) as tf.Tensor, this.scoreKind).flatten();
    });
    const found = await readScores(answer);
    return this.classes
      .map((className, i) => ({ className, probability: found[i] ?? NaN }))
      .sort((a, b) => b.probability - a.probability)
      .slice(0, top);
  }

  async evaluate(pictures: Pictures, options: EvaluateOptions = {}): Promise<Evaluation> {
    const { evaluate } = await import('./evaluate.js');
    const { classes, model, record } = this;
    return evaluate({ classes, model, record, format: this.made.format }, pictures, options);
  }

  async explain(picture: Picture, options: ExplainOptions = {}) {
    requireOptions('options', options);
    const { className: wanted, out } = options;
    const { classes, model } = this;
    if (wanted !== undefined && !classes.includes(wanted)) {
      reject('className', `one of ${showList(classes)}`, wanted);
    }
    const node =
      out === undefined ? undefined : classifierFolders.require('out', 'none in a browser', out);
    const file = await node?.requireImageFile(out ?? '', picture);
    const { mapClass } = await import('../explain/explain.js');
    const { inputSize, preprocessing } = this.made.format;
    const pixels = await decodePicture(picture, inputSize);
    const images = tf.tidy(() => preprocess(pixels, preprocessing));
    try {
      const scores = await this.name(pixels, classes.length);
      const found = scores.find(({ className }) => className === (wanted ?? className));
      const { className = '', probability = NaN } = found ?? {};
      const map = await mapClass(model, pixels, images, classes.indexOf(className));
      try {
        await node?.writeImage(file ?? '', map.overlay);
      } catch (error) {
        tf.dispose([map.values, map.overlay]);
        throw error;
      }
      return { className, probability, ...map };
    } finally {
      tf.dispose([pixels, images]);
    }
  }

  async fineTune(pictures: Pictures, options: FineTuneOptions = {}): Promise<Outcome> {
    const { fineTuneOn } = await import('./fine-tune.js');
    const { copyModel } = await import('../model/copy.js');
    const { format, name } = this.made;
    const shared = this.owned;
    let own = shared;
    if (shared.kind === 'headed' && !shared.ownsBackbone) {
      const copy = await copyModel(shared.backbone.model);
      const backbone = backboneOf(copy, { ...format, name });
      own = headed({ backbone, head: shared.head }, true);
    }
    try {
      const { classes, record: before } = this;
      const subject = { model: own.model, classes, format, record: before };
      const { outcome, record } = await fineTuneOn(subject, pictures, options);
      if (own !== shared) release(shared);
      this.owned = own;
      this.record = record;
      this.epochs = [...this.epochs, ...outcome.history];
      return outcome;
    } catch (error) {
      if (own !== shared) {
        release(own);
        if (own.kind === 'headed') own.backbone.dispose();
      }
      throw error;
    }
  }

  async files(options: SaveOptions = {}): Promise<Readonly<Record<string, Uint8Array>>> {
    const { classifierFiles } = await import('./files.js');
    const { classes, model, record: pictures } = this;
    const { inputSize, preprocessing } = this.made.format;
    const metadata: ClassifierMetadata = {
      ...{ version: VERSION, classes, preprocessing, inputSize },
      ...(pictures && { pictures }),
    };
    return classifierFiles(model, metadata, options);
  }

  async save(folder: string, options: SaveOptions = {}): Promise<void> {
    const node = classifierFolders.require('folder', 'files() in a browser', folder);
    await node.write(folder, () => this.files(options));
  }

  dispose(): void {
    disposeOwned(this.owned);
  }
}

/**
 * Makes a classifier of a model from preprocessed images to scores. The last activation decides how scores become
 * probabilities: those of a softmax or a sigmoid are probabilities already. The logits of a linear layer go through the
 * softmax, or through the sigmoid where there is only one. A single score is that of the second of two classes.
 *
 * @param model becomes the classifier's
 * @param prefix of what an error names
 * @throws ArgumentError where classes and scores, or images and input, don't match, and where the last activation is
 *   another one
 */
export function classifierOf(
  model: tf.LayersModel,
  made: Made,
  prefix: '' | 'metadata.' = '',
): Classifier {
  requireFit(model, { classes: made.classes, inputSize: made.format.inputSize }, prefix);
  return new ModelClassifier({ kind: 'whole', model }, made);
}

/**
 * Makes a classifier of a head and its backbone.
 *
 * @param backbone stays the caller's
 * @param head becomes the classifier's
 */
export function classifierOn(
  backbone: Backbone,
  head: tf.LayersModel,
  made: Omit<Made, 'format' | 'name'>,
): Classifier {
  const owned = headed({ backbone, head }, false);
  const whole = { ...made, format: backbone, name: backbone.name };
  try {
    const { classes } = made;
    requireFit(owned.model, { classes, inputSize: backbone.inputSize }, 'metadata.');
    return new ModelClassifier(owned, whole);
  } catch (error) {
    release(owned);
    throw error;
  }
}
