import { zipSync } from 'fflate';
import { type Classifier, exportOnnx } from 'resnet-heads';
import { element, find } from './dom.js';

function download(bytes: Uint8Array<ArrayBuffer>, name: string): void {
  const link = element('a', { href: URL.createObjectURL(new Blob([bytes])), download: name });
  link.click();
  URL.revokeObjectURL(link.href);
}

/**
 * Downloads a classifier as a zip of the folder that `loadClassifier` reads, or as an ONNX file that takes pixels. The weights are float16 unless the
 * page's user wants float32: three digits of each are enough for probabilities, and the file is half as large.
 */
export async function downloadClassifier(classifier: Classifier): Promise<void> {
  const dtype = find('save-half', HTMLInputElement).checked ? 'float16' : 'float32';
  if (find('save-format', HTMLSelectElement).value === 'onnx') {
    const bytes = await exportOnnx(classifier, { dtype, input: 'pixels' });
    download(Uint8Array.from(bytes), 'classifier.onnx');
    return;
  }
  // Compression would not make the weights smaller.
  download(zipSync({ ...(await classifier.files({ dtype })) }, { level: 0 }), 'classifier.zip');
}
