import * as tf from '@tensorflow/tfjs';
import { version } from '../../../package.json';
import { analyze } from '../../analyze/analyze.js';
import type { Totals } from '../../analyze/stats.js';
import { reject, requireKnown, requireOptions } from '../../errors.js';
import { pauser } from '../../event-loop.js';
import { given } from '../../given.js';
import { classesIn } from '../../label-sets.js';
import { onnxOf } from '../../onnx/base.js';
import { findNearDuplicates } from '../../pictures/near-duplicates.js';
import { readPart } from '../../pictures/read.js';
import type { Part } from '../../pictures/set.js';
import type { LabelledPicture, Picture, Pictures } from '../../pictures/types.js';
import type { ClassCount, ShownPicture } from '../../html-report/data.js';
import { reportPage } from '../../html-report/page.js';
import { classifierFolders } from '../node.js';
import type { SuspiciousLabel } from '../review-options.js';
import { isIn, type PictureRecord } from '../picture-record.js';
import type { Evaluation } from '../evaluation.js';
import type { Classifier, ReportOptions } from '../types.js';
import { choose, drawShown, type Prediction, predictionOf } from './shown.js';

/** The classifier that a report is about. */
export interface Subject {
  readonly classifier: Classifier;
  readonly record: PictureRecord | undefined;
}

const SHOWN = 12;
const TITLE = 'Report';
/** With more pictures, comparing each with each takes too long. */
const MOST_COMPARED = 20_000;

/** Checks the options, which may come from JavaScript. */
function requireReportOptions(options: ReportOptions): void {
  requireKnown('options', options, {
    title: true,
    out: true,
    shown: true,
    command: true,
    settings: true,
    suspicious: true,
    signal: true,
    onProgress: true,
    onWarning: true,
  });
  const { title = TITLE, shown = SHOWN, command = '', settings = {} } = options;
  for (const [name, value] of Object.entries({ title, command })) {
    if (typeof value !== 'string') reject(name, 'a text', value);
  }
  if (!Number.isSafeInteger(shown) || shown < 0) reject('shown', 'an integer of 0 or more', shown);
  requireOptions('settings', settings);
  if (options.suspicious !== undefined && !Array.isArray(options.suspicious)) {
    reject('suspicious', 'the list that reviewLabels() returns', options.suspicious);
  }
}

/** The pictures' files by what the classifier was trained on; undefined if they aren't files or it isn't known. */
interface Parts {
  readonly train: Part;
  readonly held: Part;
  readonly counts: readonly ClassCount[];
}

async function partsOf(
  { classifier, record }: Subject,
  pictures: Pictures,
): Promise<Parts | undefined> {
  const { classes, thresholds } = classifier;
  if (record === undefined) return undefined;
  const multiLabel = thresholds !== undefined;
  const { part } = await readPart(pictures, classes, { all: true, multiLabel });
  const { files, labelSets, only } = part;
  if (files === undefined || only === undefined) return undefined;
  const [wasTrainedOn, wasHeld] = [isIn(record.train), isIn(record.validation)];
  const wasExcluded = isIn(record.excluded);
  const train = files.filter(wasTrainedOn);
  const held = files.filter(wasHeld);
  const others = files.filter(
    (file) => !wasTrainedOn(file) && !wasHeld(file) && !wasExcluded(file),
  );
  const countIn = (list: typeof files, label: number) =>
    list.filter((file) => classesIn(file.label, labelSets).includes(label)).length;
  const counts = classes.map((name, label) => ({
    name,
    training: countIn(train, label),
    heldOut: countIn(held, label),
    others: countIn(others, label),
  }));
  return { train: only(train), held: only([...held, ...others]), counts };
}

/** The pictures of an evaluation, in its order; undefined if they can't be read again one by one. */
function picturesIn(pictures: Pictures, evaluation: Evaluation): readonly Picture[] | undefined {
  if (evaluation.paths !== undefined) return evaluation.paths;
  if (!Array.isArray(pictures)) return undefined;
  const list = pictures as readonly LabelledPicture[];
  // Batches are lists, too.
  if (
    list.length !== evaluation.total ||
    list.some(({ picture }) => (picture as unknown) === undefined)
  ) {
    return undefined;
  }
  return list.map(({ picture }) => picture);
}

/** A prediction to show, and its picture if that can be read again. */
interface Drawing {
  readonly prediction: Prediction;
  readonly picture: Picture | undefined;
}

const drawingsOf = (suspicious: readonly SuspiciousLabel[], pictures: Pictures): Drawing[] =>
  suspicious.map(({ path, index = -1, label, suggested, suggestedProbability }) => ({
    prediction: {
      name: path ?? `picture ${index + 1}`,
      ...{ label, predicted: suggested, probability: suggestedProbability },
    },
    picture:
      path ??
      (Array.isArray(pictures) ? (pictures as readonly LabelledPicture[])[index] : undefined)
        ?.picture,
  }));

/** The folder that all paths are in, with its last separator; undefined without one. */
function folderOf(paths: readonly string[]): string | undefined {
  const [first = '', ...others] = paths;
  let length = first.length;
  for (const path of others) {
    while (!path.startsWith(first.slice(0, length))) length--;
  }
  const folder = /^.*[/\\]/s.exec(first.slice(0, length))?.[0];
  return paths.length > 1 ? folder : undefined;
}

/** Counts what the classifier costs; an ONNX file's operators are counted where it is joined with its head. */
function costsOf({ model }: Classifier): Totals | undefined {
  return onnxOf(model) ? undefined : analyze(model).totals;
}

const factsOf = ({ classifier }: Subject, settings: ReportOptions['settings'] = {}) => {
  const { training, engine, classes, inputSize, preprocessing, backbone } = classifier;
  const runtime = typeof process === 'undefined' ? undefined : process.versions.node;
  const all = {
    ...settings,
    backbone: backbone.name,
    'input size': inputSize.join(' × '),
    preprocessing,
    classes: classes.length,
    ...(training && { solver: training.solver, 'features computed': training.computed }),
    ...given({ engine: training?.engine ?? engine }),
    backend: tf.getBackend(),
    'resnet-heads': version,
    'TensorFlow.js': tf.version.tfjs,
    ...given({ Node: runtime }),
  };
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, String(value)]));
};

/** Implements `Classifier.report`. */
export async function reportOn(
  subject: Subject,
  pictures: Pictures,
  options: ReportOptions,
): Promise<string> {
  requireReportOptions(options);
  const { title = TITLE, out, shown = SHOWN, command, settings } = options;
  const { signal, onProgress, onWarning, suspicious } = options;
  const { classifier } = subject;
  const file =
    out === undefined
      ? undefined
      : await classifierFolders.require('out', 'none in a browser', out).requireReport(out);
  const evaluation = await classifier.evaluate(pictures, given({ signal, onProgress, onWarning }));
  const parts = evaluation.paths && (await partsOf(subject, pictures));
  const compared = (parts?.train.count ?? 0) + (parts?.held.count ?? 0);
  // Without one of the two, nothing can be in both.
  const isCompared =
    compared <= MOST_COMPARED &&
    [parts?.train, parts?.held].every((part) => (part?.count ?? 0) > 0);
  const single = evaluation.kind === 'confusion' ? evaluation : undefined;
  const sources = picturesIn(pictures, evaluation);
  const { mostWrong, leastSure } =
    single && shown > 0 ? choose(single, shown) : { mostWrong: [], leastSure: [] };
  const drawings = (indices: readonly number[]): Drawing[] =>
    indices.flatMap((index) =>
      single === undefined
        ? []
        : [{ prediction: predictionOf(classifier, single, index), picture: sources?.[index] }],
    );
  const lists = {
    suspicious: drawingsOf(suspicious?.slice(0, shown) ?? [], pictures),
    mostWrong: drawings(mostWrong),
    leastSure: drawings(leastSure),
  };
  const drawnCount = Object.values(lists).reduce((sum, { length }) => sum + length, 0);
  const total = (isCompared ? compared : 0) + drawnCount;
  const tell = (done: number) => onProgress?.({ label: 'report', done, total, unit: 'pictures' });
  tell(0);
  const nearDuplicates =
    parts && isCompared
      ? await findNearDuplicates(parts.train, parts.held, { signal, onRead: tell })
      : undefined;
  let done = isCompared ? compared : 0;
  const folder = folderOf([
    ...(evaluation.paths ?? []),
    ...(nearDuplicates ?? []).map(({ training }) => training),
    ...(suspicious ?? []).flatMap(({ path }) => path ?? []),
  ]);
  const named = (path: string) => path.slice(folder?.length ?? 0);
  const pause = pauser();
  const draw = async (list: readonly Drawing[]): Promise<ShownPicture[]> => {
    const drawn: ShownPicture[] = [];
    for (const { prediction, picture } of list) {
      signal?.throwIfAborted();
      const own = await drawShown(classifier, prediction, picture);
      drawn.push({ ...own, name: named(own.name) });
      tell(++done);
      await pause();
    }
    return drawn;
  };
  const page = reportPage({
    ...{ title, date: new Date(), evaluation, command, folder },
    nearDuplicates: nearDuplicates?.map(({ training, heldOut, difference }) => ({
      ...{ training: named(training), heldOut: named(heldOut), difference },
    })),
    counts: parts?.counts,
    training: classifier.training,
    suspicious: suspicious && (await draw(lists.suspicious)),
    suspiciousCount: suspicious?.length,
    mostWrong: await draw(lists.mostWrong),
    leastSure: await draw(lists.leastSure),
    costs: costsOf(classifier),
    facts: factsOf(subject, settings),
  });
  if (file !== undefined) await classifierFolders.get()?.writeReport(file, page);
  return page;
}
