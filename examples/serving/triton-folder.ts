import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { type Classifier, exportOnnx } from 'resnet-heads';
import { requireFree, requireName } from './names.js';

export interface TritonOptions {
  /** Name of the model, and of its folder. */
  readonly name: string;
  readonly version: number;
  /** The most pictures per call; 1 turns batching off. */
  readonly maxBatch: number;
  /** The most milliseconds that a picture waits for others. */
  readonly waitMs: number;
}

/** What config.pbtxt begins with; a file that doesn't is someone else's. */
const WRITTEN = '# Written by examples/serving/folders.ts of resnet-heads.';

/** Triton's names of element types. */
const TYPES: Readonly<Record<string, string>> = { uint8: 'TYPE_UINT8', float32: 'TYPE_FP32' };

/** A string of a text protocol buffer, which has JSON's escapes. */
const quoted = (text: string): string => JSON.stringify(text);

function tensor(info: InferenceSession.ValueMetadata | undefined): string {
  const type = info?.isTensor === true ? TYPES[info.type] : undefined;
  if (info?.isTensor !== true || type === undefined) {
    throw new Error('classifier: expected an ONNX file from uint8 to float32, got another one');
  }
  // Triton adds the axis of the batch.
  const dims = info.shape.slice(1).map((size) => (typeof size === 'number' ? size : -1));
  return `[ { name: ${quoted(info.name)} data_type: ${type} dims: [ ${dims.join(', ')} ] } ]`;
}

/** The text of config.pbtxt: sizes, batching, and the class names for clients. */
function configOf(
  { inputMetadata: [input], outputMetadata: [output] }: InferenceSession,
  { classes, thresholds }: Classifier,
  { name, maxBatch, waitMs }: TritonOptions,
): string {
  const delay = `max_queue_delay_microseconds: ${Math.round(1_000 * waitMs)}`;
  const texts = Object.entries({ classes, thresholds }).filter(([, list]) => list !== undefined);
  const lines = [
    WRITTEN,
    `name: ${quoted(name)}`,
    'backend: "onnxruntime"',
    `max_batch_size: ${maxBatch}`,
    `input ${tensor(input)}`,
    `output ${tensor(output)}`,
    ...(maxBatch > 1 ? [`dynamic_batching { ${delay} }`] : []),
    'instance_group [ { count: 1 } ]',
    ...texts.map(
      ([key, list]) =>
        `parameters { key: ${quoted(key)} value { string_value: ${quoted(JSON.stringify(list))} } }`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

async function requireOwn(config: string): Promise<void> {
  if (!existsSync(config) || (await readFile(config, 'utf8')).startsWith(WRITTEN)) return;
  throw new Error(
    `${config}: expected none, or one that this program wrote, got another; choose another name`,
  );
}

/**
 * Writes a version of a classifier into a model repository of Triton: `NAME/config.pbtxt` and `NAME/VERSION/model.onnx`.
 *
 * @param repository the folder of all models; made if it isn't there
 * @throws Error if the version is there already, or config.pbtxt is someone else's; nothing is written then
 */
export async function writeTritonFolder(
  classifier: Classifier,
  repository: string,
  options: TritonOptions,
): Promise<void> {
  const { name, version } = options;
  requireName(name);
  const folder = join(repository, name);
  const place = join(folder, String(version));
  const config = join(folder, 'config.pbtxt');
  requireFree(place);
  await requireOwn(config);
  const file = await exportOnnx(classifier, { input: 'pixels' });
  const session = await InferenceSession.create(file);
  const text = configOf(session, classifier, options);
  await session.release();
  // Triton passes over folders whose name isn't a number.
  const draft = join(folder, `draft-${process.pid}`);
  await mkdir(draft, { recursive: true });
  try {
    await writeFile(join(draft, 'model.onnx'), file);
    const draftOfConfig = `${config}.${process.pid}`;
    await writeFile(draftOfConfig, text);
    await rename(draftOfConfig, config);
    await rename(draft, place);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
