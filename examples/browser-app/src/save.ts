import { zipSync } from 'fflate';
import { type Classifier, exportOnnx } from 'resnet-heads';
import { element, find } from './dom.js';

function download(bytes: Uint8Array<ArrayBuffer>, name: string): void {
  const link = element('a', { href: URL.createObjectURL(new Blob([bytes])), download: name });
  link.click();
  URL.revokeObjectURL(link.href);
}

const half = find('save-half', HTMLInputElement);
const halfField = find('save-half-field', HTMLElement);

/** @param isOnnx whether the backbone is an ONNX file, which keeps its number format */
export function offerSave(isOnnx: boolean): void {
  find('save-zone', HTMLElement).hidden = false;
  halfField.hidden = isOnnx;
}

/**
 * Downloads a classifier as a zip of the folder that `loadClassifier` reads, or as an ONNX file that takes pixels. The weights are float16 unless the
 * page's user wants float32: three digits of each are enough for probabilities, and the file is half as large.
 */
export async function downloadClassifier(classifier: Classifier): Promise<void> {
  const format = half.checked && !halfField.hidden && ({ dtype: 'float16' } as const);
  if (find('save-format', HTMLSelectElement).value === 'onnx') {
    const bytes = await exportOnnx(classifier, { ...format, input: 'pixels' });
    download(Uint8Array.from(bytes), 'classifier.onnx');
    return;
  }
  // Compression would not make the weights smaller.
  download(zipSync({ ...(await classifier.files({ ...format })) }, { level: 0 }), 'classifier.zip');
}
