import { unzipSync } from 'fflate';
import { type Classifier, loadClassifier } from 'resnet-heads';
import { startOnnxRuntime } from './onnx-runtime.js';

export interface Opened {
  readonly classifier: Classifier;
  readonly isOnnx: boolean;
}

const bytesOf = async (file: File) => new Uint8Array(await file.arrayBuffer());

/** The files of a saved classifier by name: those of a zip, in whatever folder, or the chosen ones. */
async function savedFiles(files: readonly File[]): Promise<Readonly<Record<string, Uint8Array>>> {
  const [first] = files;
  const isZip = files.length === 1 && first?.name.endsWith('.zip') === true;
  const found = isZip
    ? Object.entries(unzipSync(await bytesOf(first)))
    : await Promise.all(files.map(async (file) => [file.name, await bytesOf(file)] as const));
  return Object.fromEntries(
    found.map(([path, bytes]) => [path.slice(path.lastIndexOf('/') + 1), bytes]),
  );
}

/** Tells who chose another file of this page, or of `resnet-heads`, what to choose. */
function checkNames(files: readonly File[]): void {
  const expected = 'expected classifier.zip or the files in it';
  const names = files.map(({ name }) => name);
  const page = names.find((name) => /\.html?$/i.test(name));
  if (page !== undefined)
    throw new Error(`${page}: ${expected}, got a page to read; choose classifier.zip`);
  const onnx = names.find((name) => /\.onnx$/i.test(name));
  if (onnx !== undefined && !names.some((name) => name.endsWith('.json')))
    throw new Error(
      `${onnx}: ${expected}, got an ONNX file, which is for other programs, such as ONNX Runtime; choose classifier.zip`,
    );
}

/** Opens a classifier that this page, or `classifier.save`, has saved. */
export async function openClassifier(files: readonly File[]): Promise<Opened> {
  checkNames(files);
  return openFiles(await savedFiles(files));
}

/** Opens a classifier by its files. */
export async function openFiles(saved: Readonly<Record<string, Uint8Array>>): Promise<Opened> {
  const isOnnx = 'backbone.onnx' in saved;
  if (isOnnx) await startOnnxRuntime();
  return { classifier: await loadClassifier(saved), isOnnx };
}
