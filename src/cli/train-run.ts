import type { Backbone } from '../backbone/backbone.js';
import type { Classifier } from '../classifier/types.js';
import { given } from '../given.js';
import { backboneOf } from './backbone-flags.js';
import { chooseBackend, inNode } from './backend.js';
import { EXIT } from './exit.js';
import { backboneOfFeatures, picturesOr, placeOf } from './features-flag.js';
import { catchInterrupt } from './interrupt.js';
import { describeDuplicates, describeSet } from './parts.js';
import { type Terminal, warnTo } from './terminal.js';
import { requirePlace, requireQuantizable } from './train-checks.js';
import { optionsOf, solverOf, type TrainFlags } from './train-flags.js';
import type { openJoined } from './train-from.js';
import type { costOfTraining } from './train-int8.js';
import type { Run } from './train-report.js';
import { Stages } from './train-stages.js';
import { describeNext, describeTraining } from './train-summary.js';

// On demand: few runs leave pictures out.
const readExcluded = async (file: string): Promise<string[]> =>
  (await import('../node/images/table.js')).readPaths('exclude', file);

// On demand: few runs train on the pictures of a classifier.
const joinWith: typeof openJoined = async (...args) =>
  (await import('./train-from.js')).openJoined(...args);

// On demand: few runs quantise.
const measureCost: typeof costOfTraining = async (...args) =>
  (await import('./train-int8.js')).costOfTraining(...args);

/** Writes what happened in the run beside the classifier; no report after Ctrl-C. */
async function tellRun(terminal: Terminal, classifier: Classifier, run: Run): Promise<void> {
  const { writeReport, writeRun } = await import('./train-report.js');
  terminal.say(
    `${await writeRun(terminal, classifier, run)}: the course of training, for programs`,
  );
  const { training } = classifier;
  const wasStopped = training?.solver === 'adam' && training.endedBy === 'signal';
  if (!run.flags.report) return;
  if (run.flags.features !== undefined) {
    terminal.say('no report.html with --features, as it shows pictures');
    return;
  }
  if (wasStopped) {
    terminal.say('no report.html after Ctrl-C; --resume writes it');
    return;
  }
  const stop = () => {
    terminal.err(`Ctrl-C: ${run.flags.out} is saved, without report.html`);
    process.exit(EXIT.interrupted);
  };
  process.once('SIGINT', stop);
  try {
    terminal.say(`${await writeReport(terminal, classifier, run)}: open it in a browser`);
  } finally {
    process.off('SIGINT', stop);
  }
}

/** Trains a classifier as the command's options say. */
export async function train(
  terminal: Terminal,
  source: string | undefined,
  flags: TrainFlags,
  isBackboneGiven: boolean,
): Promise<void> {
  const { out, say, err } = terminal;
  const pictures = placeOf(source, flags);
  const isPictures = flags.features === undefined;
  await inNode();
  // Checked before a backbone of up to 94 MB is downloaded.
  await requirePlace(pictures, flags);
  const [{ readForTraining }, { requireTrainOptions, trainOn }, { loadSharp }, { requireEngine }] =
    await Promise.all([
      import('../classifier/read-for-training.js'),
      import('../classifier/train.js'),
      import('../node/images/sharp.js'),
      import('../engine/start.js'),
    ]);
  requireQuantizable(flags);
  const options = await optionsOf(flags);
  requireTrainOptions(options);
  if (isPictures) await loadSharp();
  if (flags.int8 === true) await requireEngine(flags.engine ?? 'onnxruntime');
  if (options.resume === true) {
    const { checkpointOf, requireCheckpoint } = await import('../node/training-run.js');
    await requireCheckpoint(await checkpointOf(flags.out));
  }
  const { seed, validation, multiLabel } = flags;
  const exclude = flags.exclude === undefined ? undefined : await readExcluded(flags.exclude);
  const asked = given({ seed, validation, multiLabel, exclude });
  const joined =
    flags.from === undefined
      ? undefined
      : await joinWith(terminal, flags.from, pictures, { ...options, ...asked }, flags.out);
  const opened = await picturesOr(pictures, flags);
  const own =
    typeof opened === 'string' ? flags : backboneOfFeatures(opened, flags, isBackboneGiven);
  const set = joined?.set ?? (await readForTraining(opened, asked));
  for (const line of describeDuplicates(set.duplicates)) err(line);
  out(describeSet(set));
  if (joined) say(joined.told);
  const backend = joined?.backend ?? (await chooseBackend(terminal));
  const isAdam = joined?.isAdam ?? solverOf(flags) === 'adam';
  const stages = new Stages(terminal, flags.epochs);
  const kept = flags.cache
    ? 'downloads and features so far are kept: the same command continues from there'
    : 'with --no-cache no features are kept';
  const interrupt = catchInterrupt(
    `train: expected time to train, got Ctrl-C before there was a classifier; ${kept}`,
    () => {
      if (stages.isTrainingHead)
        err('stopping after this epoch; press Ctrl-C again to stop at once');
    },
  );
  let backbone: Backbone | undefined;
  let small: Backbone | undefined;
  try {
    backbone = joined?.backbone ?? (await backboneOf(terminal, own, interrupt.signal));
    if (flags.int8 === true) {
      const { quantizeFor } = await import('./train-int8.js');
      small = await quantizeFor(terminal, backbone, set, interrupt.signal);
    }
    const classifier = await trainOn(
      { backbone: small ?? backbone, set, ...given({ earlier: joined?.earlier }) },
      {
        ...options,
        ...(isAdam ? { callbacks: stages.callbacks } : {}),
        onProgress: stages.onProgress,
        onWarning: warnTo(terminal),
        signal: interrupt.signal,
      },
    );
    stages.stop();
    const int8 = small && { backbone, small };
    const cost = int8 && (await measureCost(terminal, classifier, int8, set));
    // The classifier is saved: from here on, Ctrl-C loses only the report.
    interrupt.release();
    try {
      const excluded = new Set(exclude).size;
      if (joined) out(joined.describe(classifier));
      say(...describeTraining(classifier, { flags, backend, cost, excluded }));
      await tellRun(terminal, classifier, { pictures, flags: own, backbone: small ?? backbone });
      say(describeNext(classifier, pictures, flags));
    } finally {
      classifier.dispose();
    }
  } finally {
    stages.stop();
    interrupt.release();
    small?.dispose();
    backbone?.dispose();
    joined?.dispose();
  }
}
