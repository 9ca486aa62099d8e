import { zipSync } from 'fflate';
import type { Classifier } from 'resnet-heads';
import { element } from './dom.js';

/** Downloads a classifier as a zip of the folder that `loadClassifier` reads. */
export async function downloadClassifier(classifier: Classifier): Promise<void> {
  // Compression would not make the weights smaller.
  const zip = new Blob([zipSync({ ...(await classifier.files()) }, { level: 0 })]);
  const link = element('a', { href: URL.createObjectURL(zip), download: 'classifier.zip' });
  link.click();
  URL.revokeObjectURL(link.href);
}
