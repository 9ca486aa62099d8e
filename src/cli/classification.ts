import type { ClassifiedFile } from '../classifier/classified-file.js';
import type { Classifier } from '../classifier/types.js';
import type { EngineName } from '../engine/names.js';
import { PictureError } from '../errors.js';
import { given } from '../given.js';
import type { Way } from '../node/predictions/sort.js';
import type { ViewName } from '../pictures/views.js';
import { requireAll } from './each-picture.js';
import { showProgress } from './progress.js';
import { type Terminal, warnTo } from './terminal.js';

/** The options of `classify`, as commander parses them. */
export interface ClassifyFlags {
  readonly top?: number;
  readonly reject?: boolean;
  readonly views?: readonly ViewName[];
  readonly engine?: EngineName;
  readonly format: 'text' | 'json';
  readonly out?: string;
  readonly allClasses?: boolean;
  readonly sort?: string;
  readonly sortBy: Way;
  readonly watch?: boolean;
  readonly cache: boolean;
}

/** How pictures are read. */
interface Reading {
  /** Whether the first picture that can't be decoded ends it. */
  readonly strict?: boolean;
  readonly signal?: AbortSignal;
}

/** Classifies pictures for the command line, with a progress bar and warnings, and counts them. */
export class Classification {
  answered = 0;
  skipped = 0;

  constructor(
    private readonly terminal: Terminal,
    readonly classifier: Classifier,
    private readonly flags: ClassifyFlags,
  ) {}

  /** Whether pictures can have several labels. */
  get multiLabel(): boolean {
    return this.classifier.thresholds !== undefined;
  }

  async *of(sources: readonly string[], reading: Reading): AsyncGenerator<ClassifiedFile> {
    const { classifier } = this;
    const { reject, views, cache } = this.flags;
    const [{ answersOf }, { endOfBase }, { userCacheFolder }] = await Promise.all([
      import('../classifier/file-answers.js'),
      import('../model/seam.js'),
      import('../node/user-folders.js'),
    ]);
    const isCached = cache && endOfBase(classifier.model) !== undefined;
    const shown = showProgress(this.terminal, 'classifying', 'pictures');
    const warn = warnTo(this.terminal);
    try {
      yield* this.counted(
        answersOf(classifier, sources, {
          ...given({ reject, views, ...reading }),
          ...(isCached && { cacheFolder: userCacheFolder('features') }),
          familiarity: classifier.knowsFamiliarity,
          onWarning: (warning) => {
            if (warning instanceof PictureError) this.skipped++;
            warn(warning);
          },
          onProgress: ({ done, total = done }) => {
            // One picture is done before anyone could read a progress bar.
            if (total > 1) shown.update(done, total);
          },
        }),
      );
    } finally {
      shown.stop();
    }
  }

  /** @throws PictureError if pictures were skipped */
  requireAll(): void {
    requireAll(this.answered, this.answered + this.skipped);
  }

  private async *counted(answers: AsyncIterable<ClassifiedFile>): AsyncGenerator<ClassifiedFile> {
    for await (const answer of answers) {
      this.answered++;
      yield answer;
    }
  }
}

/** Number of classes that are shown for each picture. */
const TOP = 3;

/** The first classes; by default three, and the others that are present. */
export const withTop = (answer: ClassifiedFile, top: number | undefined): ClassifiedFile => ({
  ...answer,
  classes: answer.classes.filter(({ present = false }, i) =>
    top === undefined ? i < TOP || present : i < top,
  ),
});
