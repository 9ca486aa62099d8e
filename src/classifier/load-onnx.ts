import { backboneAt, readSource } from '../backbone/load-onnx.js';
import { PREPROCESSINGS } from '../base/preprocess.js';
import { requireOnnxEngine } from '../engine/start.js';
import { refuseOptions, reject } from '../errors.js';
import type { Head } from '../head/head.js';
import { attachHead } from '../model/attach.js';
import { countClasses } from '../model/scores.js';
import { type OnnxFile, readOnnx } from '../onnx/read.js';
import { type OnnxScores, scoresOf } from '../onnx/scores.js';
import { quoted } from '../onnx/wire.js';
import { classifierOf } from './classifier.js';
import { requireNamed } from './load-model.js';
import type { LoadClassifierOptions } from './load-options.js';
import type { Classifier } from './types.js';

/** The part of a classifier that an ONNX file's logits leave: what makes probabilities of them. */
const headOf = ({ kind, logits: { shape } }: OnnxScores): Head => ({
  name: 'scores',
  apply: (layers, logits) => {
    const [height, width] = shape;
    const isVector = height === 1 && width === 1;
    const scores = isVector ? layers.flatten({ name: 'logits' })(logits) : logits;
    return layers.activation({ name: 'predictions', activation: kind })(scores);
  },
});

/** Reads a list of JSON; undefined for anything else. */
function listOf<T>(text: string | undefined, isEntry: (each: unknown) => each is T) {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return Array.isArray(value) && value.every(isEntry) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isText = (each: unknown) => typeof each === 'string';
const isNumber = (each: unknown) => typeof each === 'number';

/** What `exportOnnx` stored in a file; entries of other software are ignored. */
function storedIn({ metadata }: OnnxFile) {
  const [height, width] = listOf(metadata.get('inputSize'), isNumber) ?? [];
  return {
    classes: listOf(metadata.get('classes'), isText),
    thresholds: listOf(metadata.get('thresholds'), isNumber),
    preprocessing: PREPROCESSINGS.find((each) => each === metadata.get('preprocessing')),
    inputSize: height !== undefined && width !== undefined ? ([height, width] as const) : undefined,
  };
}

/**
 * Loads an ONNX file that scores classes, as `exportOnnx` writes for a classifier. What it stored there needn't be passed. A file that takes
 * uint8 scales pixels itself, so for the classifier its preprocessing is `'none'`.
 */
export async function onnxClassifier(
  source: string | URL | Uint8Array,
  options: LoadClassifierOptions,
): Promise<Classifier> {
  const { backbone, engine, classes, thresholds, preprocessing, inputSize, ...fetching } = options;
  refuseOptions({ backbone }, 'for a whole model');
  requireOnnxEngine(engine);
  const { bytes, name } = await readSource(source, fetching);
  const file = readOnnx(bytes);
  const stored = storedIn(file);
  const scores = scoresOf(file, { inputSize: inputSize ?? stored.inputSize });
  const { input } = scores.logits;
  const own = input.type === 'uint8' ? undefined : stored.preprocessing;
  for (const [key, value] of Object.entries({
    ...stored,
    inputSize: undefined,
    preprocessing: own,
  })) {
    if (value)
      refuseOptions(
        { [key]: options[key as keyof typeof stored] },
        'for an ONNX file that has its own',
      );
  }
  const named = requireNamed({
    classes: stored.classes ?? classes,
    preprocessing: own ?? preprocessing ?? (input.type === 'uint8' ? 'none' : undefined),
  });
  const base = await backboneAt(file, scores.logits, { name, preprocessing: named.preprocessing });
  try {
    const model = attachHead(base.model, headOf(scores));
    const count = countClasses(model);
    if (file.outputs.length > 1 && named.classes.length !== count) {
      const [first] = file.outputs;
      reject(
        'classes',
        `a name for each of ${count} scores of ${quoted(first?.name ?? '')}, the first of ${file.outputs.length} outputs`,
        named.classes,
        'export the file with the scores as its first output',
      );
    }
    return classifierOf(model, {
      classes: named.classes,
      thresholds: stored.thresholds ?? thresholds,
      format: base,
      name,
      engine,
    });
  } catch (error) {
    base.dispose();
    throw error;
  }
}
