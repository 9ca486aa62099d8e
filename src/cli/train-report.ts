import { basename, join } from 'node:path';
import type { Backbone } from '../backbone/backbone.js';
import type { SuspiciousLabel } from '../classifier/review-options.js';
import type { Classifier } from '../classifier/types.js';
import { ArgumentError } from '../errors.js';
import { given } from '../given.js';
import { showProgress } from './progress.js';
import { shellWord } from './shell.js';
import type { Terminal } from './terminal.js';
import type { TrainFlags } from './train-flags.js';

/** What a run was asked to do. */
export interface Run {
  readonly pictures: string;
  readonly flags: TrainFlags;
  /** Whose features have been cached. */
  readonly backbone: Backbone;
}

/** The command line of this run, to run again. */
const commandOf = ({ args = [] }: Terminal): string =>
  ['npx resnet-heads', ...args.map(shellWord)].join(' ');

/** What the run was asked to do; a classifier of `--from` has a backbone and a head of its own. */
function askedOf({ pictures, flags }: Run): object {
  const { backbone, head, ...others } = flags;
  return {
    ...(flags.features === undefined && { pictures }),
    ...others,
    ...(flags.from === undefined && { backbone, head }),
  };
}

/** Options by name, in words. */
const settingsOf = (run: Run): Readonly<Record<string, string>> =>
  Object.fromEntries(
    (Object.entries(askedOf(run)) as [string, unknown][]).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(name === 'input' ? ' × ' : ', ') : String(value),
    ]),
  );

/** Writes `history.json` beside the classifier. */
export async function writeRun(
  terminal: Terminal,
  { classes, training }: Classifier,
  run: Run,
): Promise<string> {
  const { HISTORY_FILE, writeHistory } = await import('../node/history-file.js');
  const path = join(run.flags.out, HISTORY_FILE);
  await writeHistory(path, {
    date: new Date().toISOString(),
    command: commandOf(terminal),
    settings: askedOf(run),
    classes,
    training,
  });
  return path;
}

/**
 * Labels that are probably wrong; undefined where the features of all pictures would have to be computed again, or the labels have been
 * reviewed already.
 */
async function suspiciousIn(
  terminal: Terminal,
  { pictures, flags, backbone }: Run,
): Promise<readonly SuspiciousLabel[] | undefined> {
  const { from, head, cache, multiLabel = false, exclude, seed, engine, views } = flags;
  // With `--from` the others that a label would be judged by aren't among these pictures.
  if (from !== undefined || head !== 'pooled' || !cache || multiLabel || exclude !== undefined)
    return undefined;
  const [{ reviewLabels }, { userCacheFolder }] = await Promise.all([
    import('../classifier/review-labels.js'),
    import('../node/user-folders.js'),
  ]);
  const shown = showProgress(terminal, 'reviewing labels', 'fits');
  try {
    const { suspicious } = await reviewLabels(backbone, pictures, {
      ...given({ seed, engine, views }),
      cacheFolder: userCacheFolder('features'),
      onProgress: ({ unit, done, total = done }) => {
        if (unit === 'fits') shown.update(done, total);
      },
    });
    return suspicious;
  } catch (error) {
    // Too few pictures to judge labels by others: the report says that they were not reviewed.
    if (error instanceof ArgumentError) return undefined;
    throw error;
  } finally {
    shown.stop();
  }
}

/** Writes `report.html` beside the classifier. */
export async function writeReport(
  terminal: Terminal,
  classifier: Classifier,
  run: Run,
): Promise<string> {
  const { REPORT_FILE } = await import('../node/report-file.js');
  const out = join(run.flags.out, REPORT_FILE);
  const suspicious = await suspiciousIn(terminal, run);
  const shown = showProgress(terminal, 'writing the report', 'pictures');
  try {
    // Pictures that can't be decoded have been named in training.
    await classifier.report(run.pictures, {
      out,
      title: `Training of ${basename(run.flags.out)}${run.flags.from === undefined ? '' : ': the new pictures'}`,
      command: commandOf(terminal),
      settings: settingsOf(run),
      ...given({ suspicious }),
      onProgress: ({ label, done, total = done }) => {
        if (label === 'report') shown.update(done, total);
      },
    });
  } finally {
    shown.stop();
  }
  return out;
}
