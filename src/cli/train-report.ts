import { basename, join } from 'node:path';
import type { Classifier } from '../classifier/types.js';
import { showProgress } from './progress.js';
import { shellWord } from './shell.js';
import type { Terminal } from './terminal.js';
import type { TrainFlags } from './train-flags.js';

/** What a run was asked to do. */
export interface Run {
  readonly pictures: string;
  readonly flags: TrainFlags;
}

/** The command line of this run, to run again. */
const commandOf = ({ args = [] }: Terminal): string =>
  ['npx resnet-heads', ...args.map(shellWord)].join(' ');

/** Options by name, in words. */
const settingsOf = ({ pictures, flags }: Run): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries({ pictures, ...flags }).map(([name, value]) => [
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
    settings: { pictures: run.pictures, ...run.flags },
    classes,
    training,
  });
  return path;
}

/** Writes `report.html` beside the classifier. */
export async function writeReport(
  terminal: Terminal,
  classifier: Classifier,
  run: Run,
): Promise<string> {
  const { REPORT_FILE } = await import('../node/report-file.js');
  const out = join(run.flags.out, REPORT_FILE);
  const shown = showProgress(terminal, 'writing the report', 'pictures');
  try {
    // Pictures that can't be decoded have been named in training.
    await classifier.report(run.pictures, {
      out,
      title: `Training of ${basename(run.flags.out)}`,
      command: commandOf(terminal),
      settings: settingsOf(run),
      onProgress: ({ label, done, total = done }) => {
        if (label === 'report') shown.update(done, total);
      },
    });
  } finally {
    shown.stop();
  }
  return out;
}
