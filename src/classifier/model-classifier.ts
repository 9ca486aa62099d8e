import type * as tf from '@tensorflow/tfjs';
import type { Backbone, InputSize } from '../backbone/backbone.js';
import type { Preprocessing } from '../base/preprocess.js';
import type { EngineName } from '../engine/names.js';
import { ArgumentError, reject } from '../errors.js';
import { scoreKindOf } from '../model/scores.js';
import type { ImageFormat } from '../pictures/set.js';
import type { FeatureFiles } from '../pictures/feature-files.js';
import type { Picture, Pictures } from '../pictures/types.js';
import type { Epoch } from '../train/checkpoint.js';
import type { AdamOutcome } from '../train/course.js';
import type { Familiarity } from './familiarity/familiarity.js';
import type { Subject as ClassifySubject } from './classify.js';
import type { FineTuneOptions } from './fine-tune.js';
import { type ClassifierMetadata, VERSION } from './metadata.js';
import { Lifetime } from './lifetime.js';
import { classifierFolders } from './node.js';
import { type Owned, ownWhole } from './owned.js';
import type { PictureRecord } from './picture-record.js';
import { Scoring } from './scoring.js';
import type { EvaluateOptions, Evaluation } from './evaluation.js';
import type {
  Classification,
  Classifier,
  ClassifyOptions,
  ExplainOptions,
  Recognition,
  ReportOptions,
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
  /** What runs its backbone. @default the fastest */
  readonly engine?: EngineName | undefined;
}

/** A {@link Classifier} made from a TensorFlow.js model. */
export class ModelClassifier implements Classifier {
  thresholds: readonly number[] | undefined;
  private isFineTuning = false;
  /** Whether its backbone is no longer the one that it was made with. */
  private isTuned = false;
  /** For `trainClassifier`, to train on the same pictures. */
  record: PictureRecord | undefined;
  private familiarity: Familiarity | undefined;
  private temperature: number | undefined;
  private epochs: readonly Epoch[];
  private readonly scoring: Scoring;
  /** For `classifyFiles`, as {@link subject} is. */
  readonly lifetime: Lifetime;

  constructor(
    owned: Owned,
    private readonly made: Made,
  ) {
    // Throws unless its outputs are scores.
    scoreKindOf('model', owned.model);
    this.lifetime = new Lifetime(owned);
    this.scoring = new Scoring(made.format, made.engine);
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

  get engine(): EngineName | undefined {
    return this.scoring.engine;
  }

  get model(): tf.LayersModel {
    return this.lifetime.current.model;
  }

  get backbone(): Backbone {
    return this.lifetime.current.backbone();
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
    const all = await this.lifetime.use('classify', async () => {
      const { classifyAll } = await import('./classify.js');
      return classifyAll(this.subject, list, options);
    });
    return isList ? all : all[0];
  }

  get subject(): ClassifySubject {
    const { classes, scoring } = this;
    const { format } = this.made;
    const current = () => {
      const { model, familiarity, thresholds } = this;
      return { model, familiarity, thresholds };
    };
    return { classes, format, scoring, current };
  }

  async evaluate(
    pictures: Pictures | FeatureFiles,
    options: EvaluateOptions = {},
  ): Promise<Evaluation> {
    const evaluateOn = async (model: tf.LayersModel) => {
      const { classes, thresholds, record, scoring } = this;
      const subject = { classes, thresholds, model, record, scoring, format: this.made.format };
      return (await import('./evaluate.js')).evaluate(subject, pictures, options);
    };
    const { signal } = (options as EvaluateOptions | null) ?? {};
    return this.lifetime.use('evaluate', evaluateOn, signal);
  }

  async explain(picture: Picture, options: ExplainOptions = {}) {
    return this.lifetime.use('explain', async () =>
      (await import('./explain.js')).explain(this.subject, picture, options),
    );
  }

  async report(pictures: Pictures, options: ReportOptions = {}): Promise<string> {
    const { reportOn } = await import('./report/report.js');
    return reportOn({ classifier: this, record: this.record }, pictures, options);
  }

  async fineTune(pictures: Pictures, options: FineTuneOptions = {}): Promise<AdamOutcome> {
    return this.lifetime.use('fineTune', async (model) => {
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
    const [{ fineTuneOn, requireTrainable }, { copyModel }] = await Promise.all([
      import('./fine-tune.js'),
      import('../model/copy.js'),
    ]);
    requireTrainable(model);
    const { classes, thresholds, record: before } = this;
    const { format, name } = this.made;
    const own = ownWhole(await copyModel(model), format, name);
    try {
      const subject = { model: own.model, classes, thresholds, format, record: before };
      const { outcome, record, refitted, ...chosen } = await fineTuneOn(subject, pictures, options);
      // Synchronous, so that no call sees only a part of the change.
      this.lifetime.replace(own);
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

  async files(options: SaveOptions = {}): Promise<Readonly<Record<string, Uint8Array>>> {
    if (this.isTuned && (options as SaveOptions | null)?.scope === 'head') {
      const expected = "'all' after fineTune(), which changed the backbone";
      reject('scope', expected, 'head', 'no saved backbone would fit the head');
    }
    return this.lifetime.use('files', async (model) => {
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
    if (this.lifetime.dispose()) this.scoring.dispose();
  }
}
