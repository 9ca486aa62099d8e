import { type Classifier, exportOnnx, loadClassifier } from 'resnet-heads';
import type { Bar } from './bar.js';
import type { Lesson } from './lesson.js';
import { bytes, counted, share } from './numbers.js';
import { startOnnxRuntime } from './onnx-runtime.js';

/** A classifier in int8, and what it costs. */
export interface Small {
  readonly file: Uint8Array;
  readonly about: string;
}

/** The predictions for the held-out pictures; none are wrong if there are none. */
async function answersOf(classifier: Classifier, { held }: Lesson, tell: (done: number) => void) {
  const { accuracy, predicted } = await classifier.evaluate(held, {
    onProgress: ({ done }) => {
      tell(done);
    },
  });
  return { accuracy, predicted: predicted.map(String) };
}

/** What int8 changes on the held-out pictures, measured with ONNX Runtime. */
async function costOf(
  classifier: Classifier,
  file: Uint8Array,
  lesson: Lesson,
  bar: Bar,
): Promise<string> {
  const { length } = lesson.held;
  if (length === 0) {
    return 'What int8 costs in accuracy is unknown, as no pictures were held out: that requires five per class.';
  }
  bar.show('Loading ONNX Runtime to measure what int8 costs');
  await startOnnxRuntime();
  const small = await loadClassifier(file);
  try {
    const tell = (done: number) => {
      bar.show(`Measuring what int8 costs: ${done} of ${2 * length}`, done / (2 * length));
    };
    const before = await answersOf(classifier, lesson, tell);
    const after = await answersOf(small, lesson, (done) => {
      tell(length + done);
    });
    const same = after.predicted.filter((answer, i) => answer === before.predicted[i]).length;
    return (
      `On ${counted(length, 'held-out picture')}: accuracy ${share(after.accuracy)} in int8, ` +
      `${share(before.accuracy)} in float32; the same answer for ${same}.`
    );
  } finally {
    small.dispose();
  }
}

/** Writes a classifier as an ONNX file in int8, calibrated on its training pictures. */
export async function quantised(classifier: Classifier, lesson: Lesson, bar: Bar): Promise<Small> {
  let used = 0;
  const file = await exportOnnx(classifier, {
    input: 'pixels',
    int8: {
      pictures: lesson.train,
      onProgress: ({ done, total = done }) => {
        used = done;
        bar.show(`Calibrating int8: ${done} of ${counted(total, 'picture')}`, done / total);
      },
    },
  });
  const whole = await exportOnnx(classifier, { input: 'pixels' });
  const cost = await costOf(classifier, file, lesson, bar);
  const about = `${bytes(file.length)} instead of ${bytes(whole.length)}, calibrated on ${counted(used, 'picture')}. ${cost}`;
  return { file, about };
}
