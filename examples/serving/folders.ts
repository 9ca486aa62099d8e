/**
 * Writes a classifier as Triton Inference Server or TensorFlow Serving takes it.
 *
 *     npx tsx examples/serving/folders.ts triton my-classifier --name flowers --out models/triton
 *     npx tsx examples/serving/folders.ts tf-serving my-classifier --name flowers --out models/tf-serving
 */
import { Command, InvalidArgumentError } from 'commander';
import { type Classifier, loadClassifier, useFastestBackend } from 'resnet-heads';
import { type TfServingOptions, writeTfServingFolder } from './tf-serving-folder.js';
import { type TritonOptions, writeTritonFolder } from './triton-folder.js';

function count(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) {
    throw new InvalidArgumentError('Expected a whole number of 1 or more.');
  }
  return Number(text);
}

function milliseconds(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new InvalidArgumentError('Expected 0 or more.');
  return Number(text);
}

type Write<T> = (classifier: Classifier, folder: string, options: T) => Promise<void>;

interface Chosen {
  readonly name: string;
  readonly out: string;
  readonly modelVersion: number;
}

function commandOf<T>(server: string, description: string, write: Write<T & { version: number }>) {
  return new Command(server)
    .description(description)
    .argument('<classifier>', 'a folder that `resnet-heads train` has written')
    .requiredOption('--name <name>', 'name of the model')
    .requiredOption('--out <dir>', 'folder of all models')
    .option('--model-version <n>', 'a version that is not there yet', count, 1)
    .action(async (folder: string, { out, modelVersion, ...options }: Chosen & T) => {
      await useFastestBackend();
      const classifier = await loadClassifier(folder);
      try {
        const { name } = options;
        await write(classifier, out, { ...(options as unknown as T), version: modelVersion });
        console.log(`${out}: ${name}, version ${modelVersion}, for ${server}`);
      } finally {
        classifier.dispose();
      }
    });
}

const triton = commandOf<Omit<TritonOptions, 'version'>>(
  'triton',
  'a folder of a model repository of Triton Inference Server',
  writeTritonFolder,
)
  .option('--max-batch <n>', 'most pictures per call; 1 turns batching off', count, 16)
  .option('--wait-ms <n>', 'most milliseconds that a picture waits for others', milliseconds, 5);

const tfServing = commandOf<Omit<TfServingOptions, 'version'>>(
  'tf-serving',
  'a folder below --model_base_path of TensorFlow Serving',
  writeTfServingFolder,
);

await new Command('folders')
  .addCommand(triton)
  .addCommand(tfServing)
  .parseAsync()
  .catch((error: unknown) => {
    console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  });
