import * as tf from '@tensorflow/tfjs';
import type { Backbone, InputSize } from '../backbone/backbone.js';
import { type Preprocessing, preprocess } from '../base/preprocess.js';
import {
  ArgumentError,
  reject,
  requireKnown,
  requirePositiveInteger,
  showList,
} from '../errors.js';
import { imageProbabilities, readScores, type ScoreKind, scoreKindOf } from '../model/scores.js';
import { decodePicture } from '../pictures/decode.js';
import type { ImageFormat } from '../pictures/set.js';
import type { Picture, Pictures } from '../pictures/types.js';
import type { Epoch } from '../train/checkpoint.js';
import type { AdamOutcome } from '../train/course.js';
import type { FineTuneOptions } from './fine-tune.js';
import { type ClassifierMetadata, VERSION } from './metadata.js';
import { classifierFolders } from './node.js';
import { type Owned, ownWhole } from './owned.js';
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

/** What a classifier knows beside its model. */
export interface Made {
  readonly classes: readonly string[];
  /** For each class, if pictures can have several labels. */
  readonly thresholds?: readonly number[] | undefined;
  readonly format: ImageFormat;
  /** Display name of the backbone. */
  readonly name: string;
  readonly record?: PictureRecord | undefined;
  readonly training?: Training;
}

/** A {@link Classifier} made from a TensorFlow.js model. */
export class ModelClassifier implements Classifier {
  thresholds: readonly number[] | undefined;
  private readonly scoreKind: ScoreKind;
  /** Models that fine-tuning replaced and that may still be used: their backbone was given out, or a call was running. */
  private readonly retired: Owned[] = [];
  private uses = 0;
  private isFineTuning = false;
  private isDisposed = false;
  private record: PictureRecord | undefined;
  private epochs: readonly Epoch[];

  constructor(
    private owned: Owned,
    private readonly made: Made,
  ) {
    this.scoreKind = scoreKindOf('model', owned.model);
    this.thresholds = made.thresholds;
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
    return this.inUse().model;
  }

  get backbone(): Backbone {
    return this.inUse().backbone();
  }

  /** @throws ArgumentError if it has been disposed */
  private inUse(): Owned {
    if (!this.isDisposed) return this.owned;
    throw new ArgumentError('classifier: expected one that is not disposed, got a disposed one');
  }

  /** Runs `work` on the current model, which stays alive meanwhile unless the classifier is disposed. */
  private async using<T>(work: (model: tf.LayersModel) => Promise<T>): Promise<T> {
    const { model } = this.inUse();
    this.uses++;
    try {
      return await work(model);
    } finally {
      this.uses--;
    }
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
    requireKnown('options', options, { top: true });
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
      .map((className, i) => {
        const probability = found[i] ?? NaN;
        const threshold = this.thresholds?.[i];
        return threshold === undefined
          ? { className, probability }
          : { className, probability, present: probability >= threshold };
      })
      .sort((a, b) => b.probability - a.probability)
      .slice(0, top);
  }

  async evaluate(pictures: Pictures, options: EvaluateOptions = {}): Promise<Evaluation> {
    const { evaluate } = await import('./evaluate.js');
    const { classes, thresholds, record } = this;
    const { format } = this.made;
    return this.using((model) =>
      evaluate({ classes, thresholds, model, record, format }, pictures, options),
    );
  }

  async explain(picture: Picture, options: ExplainOptions = {}) {
    requireKnown('options', options, { className: true, out: true });
    const { className: wanted, out } = options;
    const { classes } = this;
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
      const map = await this.using((model) =>
        mapClass(model, pixels, images, classes.indexOf(className)),
      );
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

  async fineTune(pictures: Pictures, options: FineTuneOptions = {}): Promise<AdamOutcome> {
    const { model } = this.inUse();
    if (this.isFineTuning) {
      throw new ArgumentError(
        'classifier: expected one fineTune() at a time, got a second call; wait for the first',
      );
    }
    this.isFineTuning = true;
    try {
      const [{ fineTuneOn }, { copyModel }] = await Promise.all([
        import('./fine-tune.js'),
        import('../model/copy.js'),
      ]);
      // A copy is trained, so that other calls and other users of the backbone see no change.
      const { classes, thresholds, record: before } = this;
      const { format, name } = this.made;
      const own = ownWhole(await copyModel(model), format, name);
      try {
        const subject = { model: own.model, classes, thresholds, format, record: before };
        const { outcome, record, ...chosen } = await fineTuneOn(subject, pictures, options);
        // Synchronous, so that no call sees only a part of the change.
        this.replace(own);
        this.record = record;
        this.thresholds = chosen.thresholds;
        this.epochs = [...this.epochs, ...outcome.history];
        return outcome;
      } catch (error) {
        own.dispose();
        throw error;
      }
    } finally {
      this.isFineTuning = false;
    }
  }

  private replace(own: Owned): void {
    const old = this.inUse();
    if (old.lends() || this.uses > 0) this.retired.push(old);
    else old.dispose();
    this.owned = own;
  }

  async files(options: SaveOptions = {}): Promise<Readonly<Record<string, Uint8Array>>> {
    const { classifierFiles } = await import('./files.js');
    const { classes, thresholds, record: pictures } = this;
    const { inputSize, preprocessing } = this.made.format;
    const metadata: ClassifierMetadata = {
      ...{ version: VERSION, classes, preprocessing, inputSize },
      ...(thresholds && { thresholds }),
      ...(pictures && { pictures }),
    };
    return this.using((model) => classifierFiles(model, metadata, options));
  }

  async save(folder: string, options: SaveOptions = {}): Promise<void> {
    const node = classifierFolders.require('folder', 'files() in a browser', folder);
    await node.write(folder, () => this.files(options));
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    for (const owned of [...this.retired, this.owned]) owned.dispose();
  }
}
