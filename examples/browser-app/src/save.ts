import { zipSync } from 'fflate';
import { type Classifier, exportOnnx } from 'resnet-heads';
import { Bar } from './bar.js';
import { breathe, find } from './dom.js';
import { download } from './files.js';
import { quantised } from './int8.js';
import type { Lesson, NoLesson } from './lesson.js';
import { pageZip } from './page.js';

/** A classifier that can be downloaded. */
export interface Saveable {
  readonly classifier: Classifier;
  /** Whether the backbone is an ONNX file, which keeps its number format. */
  readonly isOnnx: boolean;
  /** The pictures that it was trained on, or why they aren't there. */
  readonly lesson: Lesson | NoLesson;
}

const format = find('save-format', HTMLSelectElement);
const half = find('save-half', HTMLInputElement);
const halfField = find('save-half-field', HTMLElement);
const note = find('save-note', HTMLElement);
const status = find('save-status', HTMLElement);
const bar = new Bar('save');

const ABOUT: Readonly<Record<string, string>> = {
  page: 'A page that classifies pictures: unpack it into a folder of any web server. It needs no build and no network. Its README.txt says how to open it.',
  int8: 'A quarter of the size. It is calibrated on up to 64 of the training pictures, and its accuracy is measured on those held out: with ONNX Runtime, 14 MB, which is then loaded.',
};

let offered: Saveable | undefined;
let isWriting = false;

/** Why a classifier can't be had in int8; undefined if it can. */
const withoutInt8 = ({ isOnnx, lesson }: Saveable): string | undefined =>
  isOnnx
    ? 'int8 is not offered: an ONNX backbone keeps its number format.'
    : typeof lesson === 'string'
      ? `int8 is not offered: it is calibrated on training pictures, ${WHY_NOT[lesson]}`
      : undefined;

const WHY_NOT: Readonly<Record<NoLesson, string>> = {
  opened: 'which a classifier that was opened does not have here.',
  changed: 'and the pictures have changed since training: train again.',
};

/** Shows what fits the chosen format. */
function showFormat(): void {
  if (offered === undefined) return;
  const missing = withoutInt8(offered);
  const int8 = [...format.options].find(({ value }) => value === 'int8');
  if (int8) int8.disabled = missing !== undefined;
  if (missing !== undefined && format.value === 'int8') format.value = 'onnx';
  halfField.hidden = offered.isOnnx || format.value === 'int8';
  note.textContent = [ABOUT[format.value], missing].filter((text) => text !== undefined).join(' ');
}

/** Offers to download a classifier; without one, offers nothing. */
export function offerSave(saveable: Saveable | undefined): void {
  offered = saveable;
  find('save-zone', HTMLElement).hidden = saveable === undefined;
  status.textContent = '';
  showFormat();
}

/**
 * The classifier as a zip of the folder that `loadClassifier` reads, as a web page, or as an ONNX file that takes pixels. The weights are float16
 * unless the page's user wants float32: three digits of each are enough for probabilities, and the file is half as large.
 */
async function write({ classifier, isOnnx, lesson }: Saveable): Promise<string> {
  const numbers = half.checked && !halfField.hidden && ({ dtype: 'float16' } as const);
  if (format.value === 'int8' && typeof lesson !== 'string') {
    const name = 'classifier-int8.onnx';
    const { file, about } = await quantised(classifier, lesson, bar);
    download(Uint8Array.from(file), name);
    return `${name}: ${about}`;
  }
  if (format.value === 'onnx') {
    const bytes = await exportOnnx(classifier, { ...numbers, input: 'pixels' });
    download(Uint8Array.from(bytes), 'classifier.onnx');
  } else if (format.value === 'page') {
    download(await pageZip(classifier, isOnnx, { ...numbers }), 'classifier-page.zip');
  } else {
    // Compression would not make the weights smaller.
    const zip = zipSync({ ...(await classifier.files({ ...numbers })) }, { level: 0 });
    download(zip, 'classifier.zip');
  }
  return '';
}

/** Downloads the offered classifier in the chosen format. */
export async function downloadClassifier(): Promise<void> {
  const writing = offered;
  if (writing === undefined || isWriting) return;
  isWriting = true;
  status.textContent = '';
  bar.show('Writing the file');
  try {
    // Lets the browser draw the bar: writing blocks the page.
    await breathe();
    const told = await write(writing);
    // Another one may be offered by now.
    if (offered === writing) status.textContent = told;
  } finally {
    bar.hide();
    isWriting = false;
  }
}

format.addEventListener('change', () => {
  status.textContent = '';
  showFormat();
});
