import type * as tf from '@tensorflow/tfjs';
import type { Backbone, InputSize } from '../backbone/backbone.js';
import type { Preprocessing } from '../base/preprocess.js';
import { ArgumentError, reject } from '../errors.js';
import { scoreKindOf } from '../model/scores.js';
import type { ImageFormat } from '../pictures/set.js';
import type { Picture, Pictures } from '../pictures/types.js';
import type { Epoch } from '../train/checkpoint.js';
import type { AdamOutcome } from '../train/course.js';
import type { Familiarity } from './familiarity/familiarity.js';
import type { Subject as ClassifySubject } from './classify.js';
import type { FineTuneOptions } from './fine-tune.js';
import { type ClassifierMetadata, VERSION } from './metadata.js';
import { classifierFolders } from './node.js';
import { type Owned, ownWhole } from './owned.js';
import type { PictureRecord } from './picture-record.js';
import type {
  Classification,
  Classifier,
  ClassifyOptions,
  EvaluateOptions,
  Evaluation,
  ExplainOptions,
  Recognition,
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
  readonly familiarity?: Familiarity | undefined;
  /** Of a classifier that was saved with one. */
  readonly temperature?: number | undefined;
  readonly training?: Training;
}

/** A {@link Classifier} made from a TensorFlow.js model. */
export class ModelClassifier implements Classifier {
  thresholds: readonly number[] | undefined;
  /** Models that fine-tuning replaced and that may still be used: their backbone was given out, or a call was running. */
  private readonly retired: Owned[] = [];
  private uses = 0;
  private isFineTuning = false;
  /** Whether its backbone is no longer the one that it was made with. */
  private isTuned = false;
  private isDisposed = false;
  private record: PictureRecord | undefined;
  private familiarity: Familiarity | undefined;
  private temperature: number | undefined;
  private epochs: readonly Epoch[];

  constructor(
    private owned: Owned,
    private readonly made: Made,
  ) {
    // Throws unless its outputs are scores.
    scoreKindOf('model', owned.model);
    this.thresholds = made.thresholds;
    this.record = made.record;
    this.familiarity = made.familiarity;
    this.temperature = made.training?.temperature ?? made.temperature;
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

  /** Runs `work` on the current model; if it fails because the classifier is disposed meanwhile, the error says so. */
  private async on<T>(method: string, work: (model: tf.LayersModel) => Promise<T>): Promise<T> {
    const { model } = this.inUse();
    // Throws if its head is being trained.
    scoreKindOf('classifier', model);
    try {
      return await work(model);
    } catch (cause) {
      // The errors of TensorFlow.js: "Container 'x' is already disposed.", "Tensor is disposed.".
      if (!this.isDisposed || !String(cause).includes('disposed')) throw cause;
      throw new ArgumentError(
        `classifier: expected one that is not disposed until ${method}() has ended, got dispose() meanwhile; await the call first`,
        { cause },
      );
    }
  }

  /** As {@link on}, with a model that stays alive if fine-tuning replaces it meanwhile. */
  private using<T>(method: string, work: (model: tf.LayersModel) => Promise<T>): Promise<T> {
    return this.on(method, async (model) => {
      this.uses++;
      try {
        return await work(model);
      } finally {
        this.uses--;
      }
    });
  }

  get knowsFamiliarity(): boolean {
    return this.familiarity !== undefined;
  }

  async classify(
    picture: Picture,
    options: ClassifyOptions & { readonly familiarity: true },
  ): Promise<Recognition>;
  async classify(
    pictures: readonly Picture[],
    options: ClassifyOptions & { readonly familiarity: true },
  ): Promise<Recognition[]>;
  async classify(picture: Picture, options?: ClassifyOptions): Promise<Classification[]>;
  async classify(
    pictures: readonly Picture[],
    options?: ClassifyOptions,
  ): Promise<Classification[][]>;
  async classify(
    pictures: Picture | readonly Picture[],
    options: ClassifyOptions = {},
  ): Promise<unknown> {
    const isList = Array.isArray(pictures);
    const list = isList ? (pictures as readonly Picture[]) : [pictures as Picture];
    const all = await this.on('classify', async () => {
      const { classifyAll } = await import('./classify.js');
      return classifyAll(this.subject, list, options);
    });
    return isList ? all : all[0];
  }

  private get subject(): ClassifySubject {
    const { classes } = this;
    const { format } = this.made;
    const current = () => {
      const { model, familiarity, thresholds } = this;
      return { model, familiarity, thresholds };
    };
    return { classes, format, current };
  }

  async evaluate(pictures: Pictures, options: EvaluateOptions = {}): Promise<Evaluation> {
    return this.using('evaluate', async (model) => {
      const { classes, thresholds, record } = this;
      const subject = { classes, thresholds, model, record, format: this.made.format };
      return (await import('./evaluate.js')).evaluate(subject, pictures, options);
    });
  }

  async explain(picture: Picture, options: ExplainOptions = {}) {
    return this.using('explain', async () =>
      (await import('./explain.js')).explain(this.subject, picture, options),
    );
  }

  async fineTune(pictures: Pictures, options: FineTuneOptions = {}): Promise<AdamOutcome> {
    return this.on('fineTune', async (model) => {
      if (this.isFineTuning) {
        throw new ArgumentError(
          'classifier: expected one fineTune() at a time, got a second call; wait for the first',
        );
      }
      this.isFineTuning = true;
      try {
        return await this.tuneCopyOf(model, pictures, options);
      } finally {
        this.isFineTuning = false;
      }
    });
  }

  /** Trains a copy, so that other calls and other users of the backbone see no change. */
  private async tuneCopyOf(model: tf.LayersModel, pictures: Pictures, options: FineTuneOptions) {
    const [{ fineTuneOn }, { copyModel }] = await Promise.all([
      import('./fine-tune.js'),
      import('../model/copy.js'),
    ]);
    const { classes, thresholds, record: before } = this;
    const { format, name } = this.made;
    const own = ownWhole(await copyModel(model), format, name);
    try {
      const subject = { model: own.model, classes, thresholds, format, record: before };
      const { outcome, record, refitted, ...chosen } = await fineTuneOn(subject, pictures, options);
      // Synchronous, so that no call sees only a part of the change.
      this.replace(own);
      this.record = record;
      this.isTuned ||= outcome.history.length > 0;
      this.thresholds = chosen.thresholds;
      if (refitted) ({ familiarity: this.familiarity, temperature: this.temperature } = refitted);
      this.epochs = [...this.epochs, ...outcome.history];
      return outcome;
    } catch (error) {
      own.dispose();
      throw error;
    }
  }

  private replace(own: Owned): void {
    const old = this.inUse();
    if (old.lends() || this.uses > 0) this.retired.push(old);
    else old.dispose();
    this.owned = own;
  }

  async files(options: SaveOptions = {}): Promise<Readonly<Record<string, Uint8Array>>> {
    if (this.isTuned && (options as SaveOptions | null)?.scope === 'head') {
      const expected = "'all' after fineTune(), which changed the backbone";
      reject('scope', expected, 'head', 'no saved backbone would fit the head');
    }
    return this.using('files', async (model) => {
      const { classes, thresholds, record: pictures, temperature, familiarity } = this;
      const { inputSize, preprocessing } = this.made.format;
      const metadata: ClassifierMetadata = {
        ...{ version: VERSION, classes, preprocessing, inputSize },
        ...(thresholds && { thresholds }),
        ...(pictures && { pictures }),
        ...(temperature !== undefined && { temperature }),
      };
      const { classifierFiles } = await import('./files.js');
      return classifierFiles(model, metadata, familiarity, options);
    });
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
